"""The way to PostgreSQL: a pool of connections, and the restart of transactions that lost a race."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from functools import partial, wraps
from time import perf_counter
from typing import Any, Concatenate, ParamSpec, Protocol, Self, TypeVar

import psycopg
import stamina
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool

from app.observability import metrics
from app.postgres.bounded import bounded, is_cut

Connection = psycopg.AsyncConnection[tuple[Any, ...]]

P = ParamSpec("P")
T = TypeVar("T")


class Run(Protocol):
    """Runs a function on a connection, as a transaction of its own: `Database.call` does, and `Backend.run`."""

    async def __call__(
        self, fn: Callable[Concatenate[Connection, P], Coroutine[Any, Any, T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `fn(conn, …)`; returns what it returns."""
        ...


# How often a transaction that lost a race is started again, each time after a longer, random pause.
RESTARTS = 5
# After so long PostgreSQL ends a statement of an app; none should take a tenth of it.
STATEMENT_TIMEOUT_SECONDS = 15.0
# A running server answers at most so long after its own time-out; a stopped server never does.
_SILENCE_SECONDS = 1.0
# A pool that can't connect gives up after this long and begins again at the next request. Otherwise its pauses would
# double, to minutes; so it finds PostgreSQL within a second or two of its return.
_RECONNECT_SECONDS = 2.0
# When so many callers wait, further ones are refused at once: nobody would still wait for their answers.
_MAX_WAITING = 500
# How long closing waits for the pool's own tasks, which may wait for a silent server.
_CLOSE_SECONDS = 0.5
# The states of connections that the metric shows, with psycopg_pool's names for them.
_POOL_STATES = {"open": "pool_size", "idle": "pool_available", "callers_waiting": "requests_waiting"}
# With these, a connection notices that its host vanished. Of several hosts in an address, only a server that takes
# writes is used; a standby is passed over.
_CONNECTION_DEFAULTS = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "2",
    "tcp_user_timeout": "15000",
    "target_session_attrs": "read-write",
    "client_encoding": "UTF8",
}
# The settings of each session of ours, whatever the settings of server, database and role: how values are written, that
# no statement takes more than one processor from the accepts beside it, and when PostgreSQL itself ends a transaction
# whose host vanished. `core.role_settings` gives our roles the same, for sessions that a pooler opens.
SESSION = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "standard_conforming_strings": "on",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "search_path": "",
    "default_transaction_isolation": "read committed",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "lock_timeout": "4s",
    "idle_in_transaction_session_timeout": "5s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10s",
}
# The settings among them that a pooler keeps for each of its clients.
_FOLLOWED_BY_POOLERS = ("TimeZone", "DateStyle", "standard_conforming_strings")


def with_defaults(dsn: str, *, name: str) -> str:
    """The DSN with this program's connection defaults and `application_name` added; what the DSN says itself holds."""
    return make_conninfo(dsn, **{**_CONNECTION_DEFAULTS, "application_name": name, **conninfo_to_dict(dsn)})


async def prepare_session(
    conn: Connection,
    *,
    statement_timeout: float = STATEMENT_TIMEOUT_SECONDS,
    prepare: bool | None = None,
    configuration: Mapping[str, str] | None = None,
) -> None:
    """Give a new session SESSION, `configuration`, and a limit of `statement_timeout` seconds to each statement.

    Expects a connection in autocommit mode. Behind a pooler (another backend answers than login named) nothing is set
    that the pooler would hand to other clients: the role's own settings hold there. `prepare` says whether the server
    may prepare statements; None = yes, unless there is a pooler.
    """
    limit = {"statement_timeout": f"{round(statement_timeout * 1000)}ms"}
    values = {**SESSION, **limit, **(configuration or {})}
    if prepare is False:
        conn.prepare_threshold = None
    # With a statement, not with start-up options, because poolers refuse options that they don't know.
    cursor = await conn.execute(
        "SELECT count(set_config(name, value, false)) FROM unnest(%s::text[], %s::text[]) AS wanted (name, value)"
        " WHERE pg_backend_pid() = %s",
        [list(values), list(values.values()), conn.info.backend_pid],
    )
    if await cursor.fetchone() == (len(values),):
        return
    if prepare is None:
        conn.prepare_threshold = None
    for name in _FOLLOWED_BY_POOLERS:
        if conn.info.parameter_status(name) != SESSION[name]:
            await conn.execute("SELECT set_config(%s, %s, false)", [name, SESSION[name]])


def _count(pool: AsyncConnectionPool[Connection], state: str) -> int:
    return pool.get_stats().get(_POOL_STATES[state], 0)


async def _awaited(call: Awaitable[T]) -> T:
    return await call


def is_lost_race(error: Exception) -> bool:
    """Whether a transaction was rolled back only because another was quicker, so that it can be started again.

    That is a deadlock, a serialization failure, or a function whose signature `migrate` replaced after PostgreSQL had
    looked it up and before PostgreSQL ran it.
    """
    if isinstance(error, psycopg.errors.InternalError_):
        return (error.diag.message_primary or "").startswith("cache lookup failed for function")
    return isinstance(error, psycopg.errors.SerializationFailure | psycopg.errors.DeadlockDetected)


async def restarted(name: str, run: Callable[[], Awaitable[T]]) -> T:
    """Run a transaction, and when it lost a race, again, at most RESTARTS times; the last failure is raised.

    `name` is that of its function, by which restarts are counted.
    """
    async for attempt in stamina.retry_context(
        on=is_lost_race, attempts=RESTARTS + 1, wait_initial=0.01, wait_max=0.25, wait_jitter=0.05
    ):
        with attempt:
            if attempt.num > 1:
                metrics.database_restarts.labels(name).inc()
            return await run()
    raise AssertionError("stamina either returns or raises")


class Database:
    """A pool of autocommit connections to one database.

    Each SQL function of ours is a transaction of its own, unless it is called inside `transaction()`.
    """

    def __init__(self, pool: AsyncConnectionPool[Connection], statement_timeout: float) -> None:
        self._pool = pool
        self._patience = statement_timeout + _SILENCE_SECONDS
        self._check: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls,
        dsn: str,
        *,
        name: str,
        min_size: int = 1,
        max_size: int = 10,
        timeout: float = 5.0,  # noqa: ASYNC109  # not of this call: how long each later caller waits for a connection
        statement_timeout: float = STATEMENT_TIMEOUT_SECONDS,
        prepare: bool | None = None,
    ) -> Self:
        """Open a pool of `min_size` to `max_size` connections, shown as `name` in `pg_stat_activity`.

        `prepare` is DATABASE_PREPARE: whether the server prepares statements; None = yes, unless there is a pooler.

        Returns at once, also while PostgreSQL is away: then the connections are made when PostgreSQL is back. When no
        connection is free, callers wait for at most `timeout` seconds, then get psycopg_pool.PoolTimeout, an
        OperationalError.
        """

        async def configure(conn: Connection) -> None:
            await prepare_session(conn, statement_timeout=statement_timeout, prepare=prepare)

        async def look_at_socket(conn: Connection) -> None:
            if is_cut(conn):
                database._look_for_dead_connections()
                raise psycopg.OperationalError("the connection was cut while it was idle")

        pool = AsyncConnectionPool[Connection](
            with_defaults(dsn, name=name),
            kwargs={"autocommit": True},
            configure=configure,
            check=look_at_socket,
            min_size=min_size,
            max_size=max_size,
            max_waiting=_MAX_WAITING,
            timeout=timeout,
            reconnect_timeout=_RECONNECT_SECONDS,
            name=name,
            open=False,
        )
        database = cls(pool, statement_timeout)
        await pool.open(wait=False)
        for state in _POOL_STATES:
            metrics.database_connections.labels(name, state).set_function(partial(_count, pool, state))
        return database

    async def close(self) -> None:
        """Close every connection; connections in use are closed when they are given back."""
        if self._check is not None:
            self._check.cancel()
        for state in _POOL_STATES:
            metrics.database_connections.remove(self._pool.name, state)
        await self._pool.close(timeout=_CLOSE_SECONDS)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """One autocommit connection of the pool: each statement is its own transaction."""
        try:
            async with self._pool.connection() as conn:
                try:
                    yield conn
                except (psycopg.InternalError, psycopg.InterfaceError) as error:
                    if error.sqlstate is not None or not conn.closed:
                        raise
                    # A server that shuts down may answer a statement and then say farewell: two results for psycopg.
                    raise psycopg.OperationalError(f"the connection ended: {error}") from error
        except psycopg.OperationalError:
            self._look_for_dead_connections()
            raise
        except psycopg.errors.ReadOnlySqlTransaction:
            # All connections lead to a server that no longer takes writes: new connections find the server that does.
            await self._pool.drain()
            raise

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction: committed when the block ends, rolled back when it raises. It is never restarted."""
        async with self.connection() as conn, conn.transaction():
            yield conn

    async def call(
        self, fn: Callable[Concatenate[Connection, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `fn(conn, **kwargs)` as one transaction and start it again when it lost a race.

        `fn` runs one statement, or opens its own `conn.transaction()`. A deadlock (40P01) or a serialization failure
        (40001) rolled everything back, so the call is repeated, at most RESTARTS times; the last failure is raised.
        A server that stays silent, and does not even say that the statement timed out, raises BackendLost.
        """
        return await self._call(self._patience, fn, *args, **kwargs)

    async def call_within(
        self,
        seconds: float,
        fn: Callable[Concatenate[Connection, P], Awaitable[T]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """As `call`, but PostgreSQL ends a statement after so many seconds: for what has its turn (`Turns`)."""

        @wraps(fn)
        async def longer(conn: Connection) -> T:
            async with conn.transaction():
                await conn.execute("SELECT set_config('statement_timeout', %s, true)", [f"{round(seconds * 1000)}ms"])
                return await fn(conn, *args, **kwargs)

        return await self._call(seconds + _SILENCE_SECONDS, longer)

    async def _call(
        self,
        patience: float,
        fn: Callable[Concatenate[Connection, P], Awaitable[T]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        async def run() -> T:
            async with self.connection() as conn:
                return await bounded(conn, _awaited(fn(conn, *args, **kwargs)), seconds=patience)

        function = fn.__name__
        started = perf_counter()
        try:
            return await restarted(function, run)
        finally:
            metrics.database_calls.labels(function).observe(perf_counter() - started)

    def _look_for_dead_connections(self) -> None:
        # When one connection dies, others often do too, for example at a restart of PostgreSQL. Testing the idle ones
        # now saves the next callers from errors.
        if self._check is None or self._check.done():
            self._check = asyncio.create_task(self._pool.check(), name=f"check {self._pool.name}")
