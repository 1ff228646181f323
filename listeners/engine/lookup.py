"""A function of the database that is asked again and again, by the shortest way, on a session of its own."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

import msgspec
import psycopg
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from app.postgres.bounded import BackendLost, bounded
from app.postgres.database import Connection
from app.sql.function import SqlFunction
from listeners.engine.connection import PROOF_TIMEOUT_SECONDS, connect

Shape = TypeVar("Shape", bound=msgspec.Struct)

_PREPARED = b"lookup"


class Lookup(Generic[Shape]):
    """Sends the question to libpq and reads the answer in the event loop's own callback.

    No pool, no task and no cursor are on the way, which cost more processor time than PostgreSQL needs for the answer.
    Questions are answered in the order in which they come.
    """

    def __init__(
        self,
        dsn: str,
        function: SqlFunction,
        shape: type[Shape],
        *,
        name: str,
        limit: float,
        prepare: bool | None = None,
    ) -> None:
        """`function` has one parameter and gives rows of `shape`. `limit` seconds bound each answer.

        `name` is shown in `pg_stat_activity`; `prepare` is DATABASE_PREPARE.
        """
        (parameter,) = function.parameters
        self._statement = function.statement.replace(b"%%(%s)s" % parameter[2:].encode(), b"$1")
        self._type = function.parameters[parameter].encode()
        self._shape = shape
        self._dsn = dsn
        self._name = name
        self._limit = limit
        self._prepare = prepare
        self._turn = asyncio.Lock()
        self._conn: Connection | None = None
        self._socket = -1
        self._answer: asyncio.Future[PGresult] | None = None
        self._result: PGresult | None = None

    async def ask(self, parameter: str) -> list[Shape]:
        """Give the rows for the parameter, written as PostgreSQL writes it. Raises psycopg.Error, or BackendLost."""
        async with self._turn:
            conn = self._conn or await self._connect()
            if conn.prepare_threshold is None:
                send = partial(conn.pgconn.send_query_params, self._statement, [parameter.encode()])
            else:
                send = partial(conn.pgconn.send_query_prepared, _PREPARED, [parameter.encode()])
            result = await self._send(send, seconds=self._limit)
            reading = Transformer.from_context(conn)
            reading.set_pgresult(result)
            columns = [(result.fname(position) or b"").decode() for position in range(result.nfields)]
            return [
                self._shape(**dict(zip(columns, row, strict=True)))
                for row in reading.load_rows(0, result.ntuples, tuple)
            ]

    async def prove(self) -> None:
        """Replace a connection that is silent or read-only; the next question connects anew."""
        async with self._turn:
            if (conn := self._conn) is None:
                return
            try:
                send = partial(conn.pgconn.send_query, b"SELECT current_setting('transaction_read_only')")
                result = await self._send(send, seconds=PROOF_TIMEOUT_SECONDS)
            except psycopg.Error:
                return
            if result.get_value(0, 0) == b"on":
                self.close()

    def close(self) -> None:
        """Close the connection; the next question makes a new one."""
        if self._conn is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._conn.pgconn.finish()
            self._conn = self._result = None

    async def _connect(self) -> Connection:
        conn = await connect(self._dsn, name=self._name, limit=self._limit, prepare=self._prepare)
        if conn.prepare_threshold is not None:
            prepare = conn.execute(b"PREPARE %s (%s) AS %s" % (_PREPARED, self._type, self._statement))
            await bounded(conn, prepare, seconds=self._limit)
        self._conn, self._socket = conn, conn.pgconn.socket
        asyncio.get_running_loop().add_reader(self._socket, self._read, conn)
        return conn

    async def _send(self, send: Callable[[], None], *, seconds: float) -> PGresult:
        loop = asyncio.get_running_loop()
        self._answer = loop.create_future()
        timer = loop.call_later(seconds, self._settle, BackendLost(f"no answer in {seconds:g} s"))
        try:
            send()
            result = await self._answer
        except BaseException:
            self.close()
            raise
        finally:
            timer.cancel()
            self._answer = None
        if result.status != ExecStatus.TUPLES_OK:
            self.close()
            raise psycopg.errors.error_from_result(result)
        return result

    def _read(self, conn: Connection) -> None:
        """Read what has arrived. The question is answered once the server is ready for the next one."""
        try:
            conn.pgconn.consume_input()
            while not conn.pgconn.is_busy():
                if (result := conn.pgconn.get_result()) is not None:
                    self._result = result
                    continue
                if self._result is not None:
                    self._settle(self._result)
                    self._result = None
                break
        except psycopg.Error as error:
            self._settle(error)
            self.close()

    def _settle(self, outcome: PGresult | psycopg.Error) -> None:
        if self._answer is None or self._answer.done():
            return  # it was given up in this turn of the event loop
        if isinstance(outcome, psycopg.Error):
            self._answer.set_exception(outcome)
        else:
            self._answer.set_result(outcome)
