"""What can happen to PostgreSQL, and in it."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Iterator

import psutil
import psycopg

from app.mirror.reseed import request_reseed
from app.postgres.migrations import MigrationError, migrate
from tests.chaos.faults.catalogue import fault
from tests.chaos.place import DATABASE, Place

RESEEDS, RESEED_PAUSE_SECONDS = 4, 0.2


@contextlib.contextmanager
def _superuser(place: Place) -> Iterator[psycopg.Connection]:
    with psycopg.connect(place.postgres.url(), autocommit=True, connect_timeout=5) as conn:
        yield conn


@fault("postgres", within=10)
@contextlib.asynccontextmanager
async def postgres_killed(place: Place) -> AsyncIterator[None]:
    place.postgres.kill()
    yield
    await asyncio.to_thread(place.postgres.start)


@fault("postgres", within=10)
@contextlib.asynccontextmanager
async def postgres_restarted(place: Place) -> AsyncIterator[None]:
    await asyncio.to_thread(place.postgres.stop)
    yield
    await asyncio.to_thread(place.postgres.start)


@fault("postgres", within=12)
@contextlib.asynccontextmanager
async def postgres_paused(place: Place) -> AsyncIterator[None]:
    server = psutil.Process(place.postgres.child.pid)
    everyone = [server, *server.children(recursive=True)]
    for one in everyone:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.suspend()
    try:
        yield
    finally:
        for one in everyone:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.resume()


@fault("postgres", within=12)
@contextlib.asynccontextmanager
async def a_backend_of_postgres_crashed(place: Place) -> AsyncIterator[None]:
    with _superuser(place) as conn:
        backends = _backends(conn)
    if backends:
        os.kill(place.dice.choice(backends), signal.SIGKILL)
    yield


@fault("backends postgres", within=5)
@contextlib.asynccontextmanager
async def half_of_the_backends_ended(place: Place) -> AsyncIterator[None]:
    with _superuser(place) as conn:
        backends = _backends(conn)
        for pid in place.dice.sample(backends, len(backends) // 2):
            conn.execute("SELECT pg_terminate_backend(%s)", [pid])
    yield


@fault("postgres", within=12)
@contextlib.asynccontextmanager
async def postgres_read_only(place: Place) -> AsyncIterator[None]:
    with _superuser(place) as conn:
        conn.execute("SET default_transaction_read_only = off")
        conn.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        conn.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            conn.execute("ALTER SYSTEM RESET default_transaction_read_only")
            conn.execute("SELECT pg_reload_conf()")


@fault("postgres", within=12)
@contextlib.asynccontextmanager
async def full_disk_of_postgres(place: Place) -> AsyncIterator[None]:
    async with _full_disk(place):
        yield


@fault("postgres", within=15)
@contextlib.asynccontextmanager
async def full_disk_that_lacks_room_for_wal(place: Place) -> AsyncIterator[None]:
    async with _full_disk(place):
        await asyncio.to_thread(_use_up_wal, place)
        yield


@contextlib.asynccontextmanager
async def _full_disk(place: Place) -> AsyncIterator[None]:
    place.disk.fill()
    try:
        await asyncio.to_thread(_meet_no_room, place)
        yield
    finally:
        place.disk.make_room()
        if place.postgres.child.exit_code() is not None:
            await asyncio.to_thread(place.postgres.start)


def _meet_no_room(place: Place) -> None:
    """The server itself must say that its disk is full: to a table, or already to the connection."""
    rows = "SELECT n, repeat('x', 500) FROM generate_series(1, 20000) AS n"
    try:
        with _superuser(place) as conn:
            conn.execute(f"CREATE TABLE public.too_much AS {rows}".encode())
    except psycopg.OperationalError as error:
        if "No space left" not in str(error):
            raise
    else:
        raise AssertionError("the disk was not full")


def _use_up_wal(place: Place) -> None:
    """At the first file of its log that it can't make, the whole server ends."""
    with contextlib.suppress(psycopg.OperationalError), _superuser(place) as conn:
        for _ in range(100):
            conn.execute("SELECT pg_logical_emit_message(false, 'chaos', 'x')")
            conn.execute("SELECT pg_switch_wal()")
        raise AssertionError("there was room for 100 files of WAL")


@fault("postgres", within=12)
@contextlib.asynccontextmanager
async def postgres_takes_no_connections(place: Place) -> AsyncIterator[None]:
    with _superuser(place) as conn:
        conn.execute(f"ALTER DATABASE {DATABASE} CONNECTION LIMIT 0")
        for pid in _backends(conn):
            conn.execute("SELECT pg_terminate_backend(%s)", [pid])
        try:
            yield
        finally:
            conn.execute(f"ALTER DATABASE {DATABASE} CONNECTION LIMIT -1")


@fault("listening postgres", within=12)
@contextlib.asynccontextmanager
async def listen_refused(place: Place) -> AsyncIterator[None]:
    with _superuser(place) as conn:
        conn.execute(f"ALTER DATABASE {DATABASE} CONNECTION LIMIT 0")
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'halobestie-listen'"
        )
        try:
            yield
        finally:
            conn.execute(f"ALTER DATABASE {DATABASE} CONNECTION LIMIT -1")


@fault("rows", within=8)
@contextlib.asynccontextmanager
async def a_mitra_row_held(place: Place) -> AsyncIterator[None]:
    held = "SELECT FROM core.mitras WHERE id IN (SELECT mitra_id FROM core.mitra_online_status WHERE is_online)"
    with _held(place, f"{held} ORDER BY random() LIMIT 1 FOR NO KEY UPDATE"):
        yield


@fault("rows", within=8)
@contextlib.asynccontextmanager
async def a_session_row_held(place: Place) -> AsyncIterator[None]:
    held = "SELECT FROM core.chat_sessions WHERE core.is_open(status) ORDER BY random() LIMIT 1 FOR UPDATE"
    with _held(place, held):
        yield


@fault("rows", within=8)
@contextlib.asynccontextmanager
async def a_stream_held(place: Place) -> AsyncIterator[None]:
    with _held(place, "SELECT FROM core.event_streams ORDER BY random() LIMIT 1 FOR UPDATE"):
        yield


@fault("rows", within=8)
@contextlib.asynccontextmanager
async def pools_exhausted(place: Place) -> AsyncIterator[None]:
    with _held(place, "LOCK TABLE core.chat_sessions"):  # whatever asks for a session waits, and keeps its connection
        yield


@fault("snapshot", within=8)
@contextlib.asynccontextmanager
async def a_snapshot_held(place: Place) -> AsyncIterator[None]:
    with contextlib.ExitStack() as stack:
        stack.enter_context(_held(place, "SELECT pg_current_xact_id()"))
        for _ in range(4):
            stack.enter_context(_held(place, "SELECT count(*) FROM core.mitras", isolation="REPEATABLE READ"))
        yield


@contextlib.contextmanager
def _held(place: Place, query: str, *, isolation: str = "READ COMMITTED") -> Iterator[None]:
    """An open transaction that has done one thing and does nothing more, of somebody whom nothing ends."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(psycopg.Error):
            conn = stack.enter_context(contextlib.closing(psycopg.connect(place.postgres.url(DATABASE))))
            conn.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}".encode())
            conn.execute("SET LOCAL statement_timeout = '2s'")
            conn.execute(query.encode())
        yield


@fault("functions rows postgres", within=8)
@contextlib.asynccontextmanager
async def functions_replaced(place: Place) -> AsyncIterator[None]:
    with contextlib.suppress(MigrationError):  # it gives up behind a lock, and another run would go on
        await asyncio.to_thread(migrate, place.postgres.url(DATABASE))
    yield


@fault("mirror", within=8)
@contextlib.asynccontextmanager
async def reseeds_asked_for(place: Place) -> AsyncIterator[None]:
    for _ in range(RESEEDS):
        with contextlib.suppress(psycopg.Error):
            await request_reseed(place.settings)
        await asyncio.sleep(RESEED_PAUSE_SECONDS)
    yield


def _backends(conn: psycopg.Connection) -> list[int]:
    rows = conn.execute("SELECT pid FROM pg_stat_activity WHERE usename LIKE 'halo%'").fetchall()
    return [row[0] for row in rows]
