"""The LISTEN session and the registry from channel to handler."""

import asyncio
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Self

import psycopg
import structlog
from psycopg import sql

from app.observability import metrics
from app.observability.faults import Series
from app.postgres.bounded import BackendLost, bounded
from app.postgres.database import Connection, with_defaults
from app.postgres.pooler import POOLED, lends_backends
from app.runtime.backoff import pauses
from listeners.engine.connection import PROOF_SECONDS, PROOF_TIMEOUT_SECONDS, connect
from listeners.engine.parts import Parts
from listeners.engine.program import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, Program

log = structlog.get_logger(__name__)

POOLER_SECONDS = 10.0

HEAD_START_SECONDS = 0.002
"""What came with the first channel of the registry waits for so long: a mitra's change reaches Valkey undisturbed."""

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
        return cls(parts.settings.listening_url, handlers, program=parts.program)

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
        with _Ear(conn, self._hand_on) as ear:
            while True:
                asked_at = time.monotonic()
                # Any notification proves that the session hears.
                if (rest := ear.heard_at + PROOF_SECONDS - asked_at) > 0:
                    await ear.listen(seconds=rest)
                    continue
                await ear.let(bounded(conn, self._send_proof(conn), seconds=PROOF_TIMEOUT_SECONDS))
                if ear.heard_at < asked_at:
                    await ear.listen(seconds=PROOF_TIMEOUT_SECONDS)
                if ear.heard_at < asked_at:
                    raise BackendLost("the session did not hear itself")

    async def _send_proof(self, conn: Connection) -> None:
        cursor = await conn.execute(
            "SELECT pg_notify(%s, ''), current_setting('transaction_read_only')", [self._proof_channel]
        )
        row = await cursor.fetchone()
        if row is not None and row[1] == "on":
            raise BackendLost("the server takes no writes any more")

    def _hand_on(self, notices: Sequence[tuple[str, str]]) -> None:
        payloads: defaultdict[str, list[str]] = defaultdict(list)
        for channel, payload in notices:
            payloads[channel].append(payload)
        first = next(iter(self._handlers))  # the mirror
        for channel, handle in self._handlers.items():
            if texts := payloads.get(channel):
                metrics.listener_notifications.labels(channel).inc(len(texts))
                if channel != first and first in payloads:
                    asyncio.get_running_loop().call_later(HEAD_START_SECONDS, handle, texts)
                else:
                    handle(texts)


class _Ear:
    """Hears a session as its notifications arrive, in the event loop's own callback: no task has to wake up first."""

    def __init__(self, conn: Connection, hand_on: Callable[[Sequence[tuple[str, str]]], None]) -> None:
        """`hand_on` takes the notifications (channel, payload) that arrived together."""
        self.heard_at = time.monotonic()
        self._conn = conn
        self._hand_on = hand_on
        self._loop = asyncio.get_running_loop()
        self._end: asyncio.Future[psycopg.Error] = self._loop.create_future()
        self._socket: int | None = None

    def __enter__(self) -> Self:
        self._conn.add_notify_handler(lambda notice: self._hear([(notice.channel, notice.payload)]))
        self._attach()
        return self

    def __exit__(self, *_: object) -> None:
        self._detach()

    async def listen(self, *, seconds: float) -> None:
        """Hear for so long. Raises what ended the session."""
        await asyncio.wait([self._end], timeout=seconds)
        if self._end.done():
            raise self._end.result()

    async def let(self, talk: Coroutine[Any, Any, None]) -> None:
        """Leave the connection to `talk`; psycopg then hears for us."""
        self._detach()
        await talk
        self._attach()

    def _attach(self) -> None:
        self._socket = self._conn.pgconn.socket
        self._loop.add_reader(self._socket, self._read)
        self._read()

    def _detach(self) -> None:
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
        self._socket = None  # once it is closed, its number may be another connection's

    def _read(self) -> None:
        """Read what has arrived; whatever is left calls again."""
        try:
            self._conn.pgconn.consume_input()
        except psycopg.Error as error:
            self._detach()
            self._end.set_result(error)
            return
        notices = []
        while (notice := self._conn.pgconn.notifies()) is not None:
            notices.append((notice.relname.decode(), notice.extra.decode()))
        if notices:
            self._hear(notices)

    def _hear(self, notices: Sequence[tuple[str, str]]) -> None:
        self.heard_at = time.monotonic()
        self._hand_on(notices)
