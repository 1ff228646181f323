"""The LISTEN session and the registry from channel to handler."""

import asyncio
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Self

import psycopg
import structlog
from psycopg import sql

from app.observability import metrics
from app.observability.faults import Series
from app.postgres.bounded import BackendLost, bounded
from app.postgres.database import Connection, with_defaults
from app.postgres.pooler import lends_backends
from app.runtime.backoff import pauses
from listeners.engine.connection import PROOF_SECONDS, PROOF_TIMEOUT_SECONDS, connect
from listeners.engine.parts import Parts
from listeners.engine.program import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, Program

log = structlog.get_logger(__name__)

POOLED = (
    "the session is not ours alone: a pooler lends a backend for one transaction only."
    " Set LISTEN_DATABASE_URL to an address of PostgreSQL itself, or of a pool in session mode."
)
POOLER_SECONDS = 10.0

Handler = Callable[[Sequence[str]], None]
"""Takes the payloads of one channel that arrived together. It only notes them, so that listening goes on at once."""


class Notifications:
    """Listens to PostgreSQL on a session of its own, proves that it hears, and otherwise listens on a new session."""

    def __init__(self, dsn: str, handlers: Mapping[str, Handler], *, program: Program) -> None:
        """`dsn` must reach PostgreSQL itself: a transaction pooler loses LISTEN."""
        self.on_listening: list[Callable[[], None]] = []
        """Called after each LISTEN: notifications from before it are lost."""
        self.listening = False
        self.first_try = asyncio.Event()
        """Set once LISTEN succeeded or failed for the first time."""
        self._dsn = dsn
        self._handlers = handlers
        self._program = program
        self._proof_channel = f"halobestie_proof_{uuid.uuid4().hex}"

    @classmethod
    def of(cls, parts: Parts, handlers: Mapping[str, Handler]) -> Self:
        """The notifications of a listener, handed to `handlers` by channel."""
        settings = parts.settings
        return cls(settings.listen_database_url or settings.database_url, handlers, program=parts.program)

    async def run(self) -> None:
        """Listen until cancelled; while the program stops, a lost session is not replaced."""
        waits = pauses(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
        failures = Series(log, "not_listening")
        while not self._program.stopping:
            try:
                conn = await connect(self._dsn, name="halobestie-listen", limit=PROOF_TIMEOUT_SECONDS)
                try:
                    await self._require_own_session(conn)
                    await bounded(conn, self._listen(conn), seconds=PROOF_TIMEOUT_SECONDS)
                    waits = pauses(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
                    failures.ended()
                    self._set_listening(True)
                    self.first_try.set()
                    await self._hear(conn)
                finally:
                    self._set_listening(False)
                    conn.pgconn.finish()
            except (psycopg.Error, OSError, TimeoutError) as error:
                metrics.listener_failures.labels("notifications").inc()
                failures.failed(error)
            self.first_try.set()
            await self._program.pause(next(waits))

    async def _require_own_session(self, conn: Connection) -> None:
        cursor = await bounded(conn, conn.execute("SELECT pg_backend_pid()"), seconds=PROOF_TIMEOUT_SECONDS)
        if await cursor.fetchone() == (conn.info.backend_pid,):
            return
        dsn = with_defaults(self._dsn, name="halobestie-listen")
        if await asyncio.wait_for(asyncio.to_thread(lends_backends, dsn), POOLER_SECONDS):
            raise psycopg.OperationalError(POOLED)

    async def _listen(self, conn: Connection) -> None:
        for channel in (*self._handlers, self._proof_channel):
            await conn.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))

    def _set_listening(self, listening: bool) -> None:
        if listening == self.listening:
            return
        self.listening = listening
        metrics.listener_listening.set(listening)
        if listening:
            log.info("listening", channels=list(self._handlers))
            for callback in self.on_listening:
                callback()

    async def _hear(self, conn: Connection) -> None:
        """Hand on what arrives. Never returns; raises when the session is lost."""
        next_proof = time.monotonic() + PROOF_SECONDS
        proof_sent = False
        while True:
            now = time.monotonic()
            if now >= next_proof:
                if proof_sent:
                    raise BackendLost("the session did not hear itself")
                await bounded(conn, self._send_proof(conn), seconds=PROOF_TIMEOUT_SECONDS)
                proof_sent = True
                next_proof = now + PROOF_TIMEOUT_SECONDS
            # To leave the generator early would lose the notifications that were read together with the first.
            notices = [notice async for notice in conn.notifies(timeout=max(0.0, next_proof - now), stop_after=1)]
            while more := [notice async for notice in conn.notifies(timeout=0)]:
                notices += more
            if notices:  # any notification proves that the session hears
                proof_sent = False
                next_proof = time.monotonic() + PROOF_SECONDS
                self._hand_on(notices)

    async def _send_proof(self, conn: Connection) -> None:
        cursor = await conn.execute(
            "SELECT pg_notify(%s, ''), current_setting('transaction_read_only')", [self._proof_channel]
        )
        row = await cursor.fetchone()
        if row is not None and row[1] == "on":
            raise BackendLost("the server takes no writes any more")

    def _hand_on(self, notices: Sequence[psycopg.Notify]) -> None:
        payloads: defaultdict[str, list[str]] = defaultdict(list)
        for notice in notices:
            payloads[notice.channel].append(notice.payload)
        for channel, handle in self._handlers.items():  # in the registry's order: the mirror first
            if texts := payloads.get(channel):
                metrics.listener_notifications.labels(channel).inc(len(texts))
                handle(texts)
