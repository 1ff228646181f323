"""A few PostgreSQL sessions that concerns share, each on a connection of its own; a silent one is replaced."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

import psycopg
from psycopg.pq import TransactionStatus

from app.postgres.bounded import bounded, is_cut
from app.postgres.database import Connection, restarted
from listeners.engine.connection import PROOF_TIMEOUT_SECONDS, connect

P = ParamSpec("P")
T = TypeVar("T")


class Backend:
    """Runs up to `size` calls at a time, in the order in which they came, on connections made when they are needed."""

    def __init__(self, dsn: str, *, name: str, size: int = 1, limit: float = 5.0, prepare: bool | None = None) -> None:
        """`limit` seconds bound each call, here and, for each of its statements, in PostgreSQL.

        `name` is shown in `pg_stat_activity`; `prepare` is DATABASE_PREPARE.
        """
        self._dsn = dsn
        self._name = name
        self._limit = limit
        self._prepare = prepare
        self._idle: list[Connection] = []
        self._turns = asyncio.Semaphore(size)

    async def run(
        self, fn: Callable[Concatenate[Connection, P], Coroutine[Any, Any, T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`fn(conn, …)`, started again when it lost a race. Raises psycopg.Error, or BackendLost after silence.

        A server that takes no writes is left: the next call connects anew, to another server or to this one again.
        """
        async with self._turns:
            return await restarted(fn.__name__, lambda: self._run(fn, *args, **kwargs))

    async def prove(self) -> None:
        """Replace connections that are idle and silent, or read-only; the call on a busy connection proves it."""
        for conn in tuple(self._idle):
            if self._turns.locked():
                return
            async with self._turns:
                if conn not in self._idle:
                    continue
                self._idle.remove(conn)
                try:
                    await bounded(conn, _require_writes(conn), seconds=PROOF_TIMEOUT_SECONDS)
                except psycopg.Error:
                    conn.pgconn.finish()
                finally:
                    self._put_back(conn)

    def close(self) -> None:
        """Close the idle connections; the next calls make new ones."""
        for conn in self._idle:
            conn.pgconn.finish()
        self._idle.clear()

    async def _run(
        self, fn: Callable[Concatenate[Connection, P], Coroutine[Any, Any, T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        conn = await self._take()
        try:
            return await bounded(conn, fn(conn, *args, **kwargs), seconds=self._limit)
        except psycopg.errors.ReadOnlySqlTransaction:
            self.close()
            conn.pgconn.finish()
            raise
        finally:
            self._put_back(conn)

    async def _take(self) -> Connection:
        while self._idle:
            conn = self._idle.pop()  # the connection that was used last: it proved last that it answers
            if not is_cut(conn):
                return conn
            conn.pgconn.finish()
        return await connect(self._dsn, name=self._name, limit=self._limit, prepare=self._prepare)

    def _put_back(self, conn: Connection) -> None:
        if conn.pgconn.transaction_status == TransactionStatus.IDLE:
            self._idle.append(conn)
        else:
            conn.pgconn.finish()


async def _require_writes(conn: Connection) -> None:
    cursor = await conn.execute("SELECT current_setting('transaction_read_only')")
    if await cursor.fetchone() == ("on",):
        raise psycopg.errors.ReadOnlySqlTransaction
