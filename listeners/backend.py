"""A PostgreSQL backend (a session on a connection of its own) for each concern, replaced when it falls silent."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

import psycopg
import stamina

from app.bounded import bounded, is_cut
from app.database import RESTARTS, Connection, is_lost_race
from listeners.connection import PROOF_TIMEOUT_SECONDS, connect

P = ParamSpec("P")
T = TypeVar("T")


class Backend:
    """Runs one call at a time, on a connection that is made when it is needed."""

    def __init__(self, dsn: str, *, name: str, limit: float = 5.0, prepare: bool | None = None) -> None:
        """`limit` seconds bound each call, here and, for each of its statements, in PostgreSQL.

        `prepare` is DATABASE_PREPARE.
        """
        self._dsn = dsn
        self._name = name
        self._limit = limit
        self._prepare = prepare
        self._conn: Connection | None = None
        self._turn = asyncio.Lock()

    async def run(
        self, fn: Callable[Concatenate[Connection, P], Coroutine[Any, Any, T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`fn(conn, …)`, started again when it lost a race. Raises psycopg.Error, or BackendLost after silence.

        A server that takes no writes is left: the next call looks for another, or for this one taking them again.
        """
        async with self._turn:
            async for attempt in stamina.retry_context(
                on=is_lost_race,
                attempts=RESTARTS + 1,
                wait_initial=0.01,
                wait_max=0.25,
                wait_jitter=0.05,
            ):
                with attempt:
                    conn = await self._connected()
                    try:
                        return await bounded(conn, fn(conn, *args, **kwargs), seconds=self._limit)
                    except psycopg.errors.ReadOnlySqlTransaction:
                        self.close()
                        raise
        raise AssertionError("stamina either returns or raises")

    async def prove(self) -> None:
        """Replace the connection if it is idle and silent; a busy one proves itself by its call."""
        if self._turn.locked() or self._conn is None or self._conn.closed:
            return
        async with self._turn:
            try:
                await bounded(self._conn, _say_something(self._conn), seconds=PROOF_TIMEOUT_SECONDS)
            except psycopg.Error:
                self.close()

    def close(self) -> None:
        """Let go of the connection; the next call makes another."""
        if self._conn is not None:
            self._conn.pgconn.finish()
            self._conn = None

    async def _connected(self) -> Connection:
        if self._conn is None or is_cut(self._conn):
            self.close()
            self._conn = await connect(self._dsn, name=self._name, limit=self._limit, prepare=self._prepare)
        return self._conn


async def _say_something(conn: Connection) -> None:
    await conn.execute("SELECT")
