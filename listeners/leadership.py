"""Which listener leads: an advisory lock on a connection of its own, and an epoch that grows at each change."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable

import psycopg
import structlog

from app import metrics
from app.bounded import bounded
from app.database import Connection
from app.patience import pauses
from app.sql import leadership
from listeners.connection import PROOF_TIMEOUT_SECONDS, connect
from listeners.program import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, Program

log = structlog.get_logger(__name__)

NAME = "listener"
PING_SECONDS = 0.5
IDLE_LIMIT = "3s"
"""After such a silence PostgreSQL ends the session, and with it the lock: a stopped leader does not lead for ever."""


class Leadership:
    """Leads whenever no other listener does.

    Late writes of a leader that was stopped and woke again carry an older epoch and are refused by Valkey; what leaders
    do in PostgreSQL is harmless when two do it.
    """

    def __init__(self, dsn: str, *, retry_seconds: float, program: Program) -> None:
        """`dsn` must give the session to us alone (no transaction pooler); `retry_seconds` is LEADER_RETRY_SECONDS."""
        self.epoch: int | None = None
        """Of the present leadership; None while another leads."""
        self.decided = asyncio.Event()
        """Set once it is known for the first time whether this listener leads."""
        self._dsn = dsn
        # Half of it, so that a take-over, from any phase, is well within it; and a session asking is never idle.
        self._ask_seconds = min(retry_seconds / 2, 1.0)
        self._program = program

    async def run(self, lead: Callable[[int], Awaitable[None]]) -> None:
        """While leading, run `lead(epoch)`; it is cancelled when the lead is lost. Ends when the program stops."""
        waits = pauses(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
        while not self._program.stopping:
            try:
                conn = await connect(
                    self._dsn,
                    name="halobestie-leader",
                    limit=PROOF_TIMEOUT_SECONDS,
                    configuration={"idle_session_timeout": IDLE_LIMIT},
                )
                try:
                    waits = pauses(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
                    await self._candidate(conn, lead)
                finally:
                    conn.pgconn.finish()
            except (psycopg.Error, OSError, TimeoutError) as error:
                metrics.listener_failures.labels("leadership").inc()
                log.warning("leadership_session_lost", error=str(error))
                await self._program.pause(next(waits))

    async def _candidate(self, conn: Connection, lead: Callable[[int], Awaitable[None]]) -> None:
        while not self._program.stopping:
            if await bounded(conn, leadership.try_lead(conn, name=NAME), seconds=PROOF_TIMEOUT_SECONDS):
                holder = f"{socket.gethostname()}:{os.getpid()}"
                take = leadership.take_leadership(conn, name=NAME, holder=holder)
                epoch = await bounded(conn, take, seconds=PROOF_TIMEOUT_SECONDS)
                await self._lead(conn, epoch, lead)
                return
            self.decided.set()
            await self._program.pause(self._ask_seconds)

    async def _lead(self, conn: Connection, epoch: int, lead: Callable[[int], Awaitable[None]]) -> None:
        log.info("leading", epoch=epoch)
        self.epoch = epoch
        self.decided.set()
        metrics.listener_leading.set(1)
        work = asyncio.ensure_future(lead(epoch))
        ping = asyncio.ensure_future(_keep(conn))
        try:
            await asyncio.wait({work, ping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.epoch = None
            metrics.listener_leading.set(0)
            log.info("not_leading_any_more", epoch=epoch)
            for task in (work, ping):
                task.cancel()
            outcomes = await asyncio.gather(work, ping, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome


async def _keep(conn: Connection) -> None:
    while True:
        await bounded(conn, _ping(conn), seconds=PROOF_TIMEOUT_SECONDS)
        await asyncio.sleep(PING_SECONDS)


async def _ping(conn: Connection) -> None:
    await conn.execute("SELECT")
