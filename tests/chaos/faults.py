"""The catalogue of what can break.

A fault is a function of the place: an async context manager that breaks something at its beginning and mends it at its
end. What comes back by itself needs no mending.
"""

import asyncio
import contextlib
import os
import pathlib
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import psutil
import psycopg
import valkey

from app.mirror.reseed import request_reseed
from app.postgres.migrations import MigrationError, migrate
from tests.chaos.place import DATABASE, END_SECONDS, Part, Place

Break = Callable[[Place], AbstractAsyncContextManager[None]]


@dataclass(frozen=True)
class FaultKind:
    """A kind of fault."""

    name: str
    concerns: frozenset[str]
    """What it takes away: two faults that share a word are no pair."""
    within: float
    """So many seconds after its end everything has come back, on a quiet machine."""
    happens: Break


CATALOGUE: dict[str, FaultKind] = {}


def fault(concerns: str, within: float) -> Callable[[Break], Break]:
    """Put a fault into the catalogue under its function's name."""

    def add(happens: Break) -> Break:
        CATALOGUE[happens.__name__] = FaultKind(happens.__name__, frozenset(concerns.split()), within, happens)
        return happens

    return add


# -- our processes -----------------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def _killed(process: Part) -> AsyncIterator[None]:
    process.kill()
    yield
    process.start()


@contextlib.asynccontextmanager
async def _paused(process: Part) -> AsyncIterator[None]:
    process.pause()
    try:
        yield
    finally:
        process.go_on()


def _some(place: Place, command: str) -> Part:
    return place.dice.choice(place.running(command))


async def _leader(place: Place) -> Part:
    return await place.leader() or _some(place, "listener")


async def _follower(place: Place) -> Part:
    leader = await _leader(place)
    return next(one for one in place.running("listener") if one is not leader)


@fault("api", within=10)
@contextlib.asynccontextmanager
async def api_killed(place: Place) -> AsyncIterator[None]:
    async with _killed(_some(place, "api")):
        yield


@fault("api", within=10)
@contextlib.asynccontextmanager
async def api_paused(place: Place) -> AsyncIterator[None]:
    async with _paused(_some(place, "api")):
        yield


@fault("api", within=10)
@contextlib.asynccontextmanager
async def api_ended(place: Place) -> AsyncIterator[None]:
    process = _some(place, "api")
    seconds = await process.stop()
    assert seconds <= END_SECONDS, f"{process.name} took {seconds:.1f} s to end after SIGTERM"
    yield
    process.start()


@fault("api", within=15)
@contextlib.asynccontextmanager
async def api_clock_an_hour_ahead(place: Place) -> AsyncIterator[None]:
    async with _another_clock(_some(place, "api"), "+1h"):
        yield


@fault("api", within=15)
@contextlib.asynccontextmanager
async def api_clock_an_hour_behind(place: Place) -> AsyncIterator[None]:
    async with _another_clock(_some(place, "api"), "-1h"):
        yield


@fault("listener", within=15)
@contextlib.asynccontextmanager
async def leader_clock_an_hour_ahead(place: Place) -> AsyncIterator[None]:
    async with _another_clock(await _leader(place), "+1h"):
        yield


@fault("listener", within=15)
@contextlib.asynccontextmanager
async def leader_clock_an_hour_behind(place: Place) -> AsyncIterator[None]:
    async with _another_clock(await _leader(place), "-1h"):
        yield


@contextlib.asynccontextmanager
async def _another_clock(process: Part, offset: str) -> AsyncIterator[None]:
    await process.stop()
    process.start(LD_PRELOAD=str(libfaketime()), FAKETIME=offset, FAKETIME_DONT_FAKE_MONOTONIC="1")
    yield
    await process.stop()
    process.start()


def libfaketime() -> str | None:
    """Debian's libfaketime; None where it is not installed."""
    for name in (f"/usr/lib/{os.uname().machine}-linux-gnu/faketime/libfaketimeMT.so.1",):
        if pathlib.Path(name).exists():
            return name
    return None


@fault("internal", within=10)
@contextlib.asynccontextmanager
async def internal_killed(place: Place) -> AsyncIterator[None]:
    async with _killed(place.processes["internal"]):
        yield


@fault("listener", within=10)
@contextlib.asynccontextmanager
async def leader_killed(place: Place) -> AsyncIterator[None]:
    async with _killed(await _leader(place)):
        yield


@fault("listener", within=10)
@contextlib.asynccontextmanager
async def follower_killed(place: Place) -> AsyncIterator[None]:
    async with _killed(await _follower(place)):
        yield


@fault("listener", within=10)
@contextlib.asynccontextmanager
async def leader_paused(place: Place) -> AsyncIterator[None]:
    async with _paused(await _leader(place)):
        yield


@fault("listener", within=10)
@contextlib.asynccontextmanager
async def leader_ended(place: Place) -> AsyncIterator[None]:
    process = await _leader(place)
    seconds = await process.stop()
    assert seconds <= END_SECONDS, f"{process.name} took {seconds:.1f} s to end after SIGTERM"
    yield
    process.start()


@fault("listener", within=10)
@contextlib.asynccontextmanager
async def both_listeners_killed(place: Place) -> AsyncIterator[None]:
    listeners = place.running("listener")
    for one in listeners:
        one.kill()
    yield
    for one in listeners:
        one.start()


# -- Valkey ------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _admin(place: Place) -> Iterator[valkey.Valkey]:
    with valkey.Valkey.from_url(place.valkey.url, socket_timeout=5) as client:
        yield client


@fault("valkey", within=10)
@contextlib.asynccontextmanager
async def valkey_killed(place: Place) -> AsyncIterator[None]:
    place.valkey.kill()
    yield
    await asyncio.to_thread(place.valkey.start)


@fault("valkey", within=10)
@contextlib.asynccontextmanager
async def valkey_paused(place: Place) -> AsyncIterator[None]:
    place.valkey.child.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        place.valkey.child.send_signal(signal.SIGCONT)


@fault("valkey", within=10)
@contextlib.asynccontextmanager
async def valkey_emptied(place: Place) -> AsyncIterator[None]:
    with _admin(place) as client:
        client.flushall()
    yield


@fault("valkey", within=10)
@contextlib.asynccontextmanager
async def valkey_evicted_some_keys(place: Place) -> AsyncIterator[None]:
    with _admin(place) as client:
        keys = sorted(client.scan_iter(count=1000))
        for key in place.dice.sample(keys, max(1, len(keys) // 4)) if keys else []:
            client.delete(key)
    yield


@fault("valkey", within=10)
@contextlib.asynccontextmanager
async def valkey_full(place: Place) -> AsyncIterator[None]:
    with _admin(place) as client:
        client.config_set("maxmemory", 1)
        try:
            yield
        finally:
            client.config_set("maxmemory", 0)


@fault("valkey", within=10)
@contextlib.asynccontextmanager
async def valkey_takes_no_writes(place: Place) -> AsyncIterator[None]:
    with _admin(place) as client:
        client.config_set("min-replicas-to-write", 1)
        try:
            yield
        finally:
            client.config_set("min-replicas-to-write", 0)


@fault("valkey", within=5)
@contextlib.asynccontextmanager
async def valkey_clients_cut(place: Place) -> AsyncIterator[None]:
    with _admin(place) as client:
        client.client_kill_filter(_type=place.dice.choice(["normal", "pubsub"]))
    yield


# -- PostgreSQL --------------------------------------------------------------------------------------------------------


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


@fault("backends", within=5)
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
async def postgres_takes_no_connections(place: Place) -> AsyncIterator[None]:
    with _superuser(place) as conn:
        conn.execute(f"ALTER DATABASE {DATABASE} CONNECTION LIMIT 0")
        for pid in _backends(conn):
            conn.execute("SELECT pg_terminate_backend(%s)", [pid])
        try:
            yield
        finally:
            conn.execute(f"ALTER DATABASE {DATABASE} CONNECTION LIMIT -1")


@fault("listening", within=12)
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
    with _held(place, "SELECT FROM core.mitras ORDER BY random() LIMIT 1 FOR NO KEY UPDATE"):
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
    with contextlib.suppress(psycopg.Error), psycopg.connect(place.postgres.url(DATABASE)) as conn:
        conn.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}".encode())
        conn.execute("SET LOCAL statement_timeout = '2s'")
        conn.execute(query.encode())
        yield
        conn.rollback()
        return
    yield


@fault("functions rows postgres", within=8)
@contextlib.asynccontextmanager
async def functions_replaced(place: Place) -> AsyncIterator[None]:
    with contextlib.suppress(MigrationError):  # it gives up behind a lock, and another run would go on
        await asyncio.to_thread(migrate, place.postgres.url(DATABASE))
    yield


@fault("mirror", within=8)
@contextlib.asynccontextmanager
async def a_reseed_asked_for(place: Place) -> AsyncIterator[None]:
    with contextlib.suppress(psycopg.Error):
        await request_reseed(place.settings)
    yield


def _backends(conn: psycopg.Connection) -> list[int]:
    rows = conn.execute("SELECT pid FROM pg_stat_activity WHERE usename LIKE 'halo%'").fetchall()
    return [row[0] for row in rows]


# -- the network -------------------------------------------------------------------------------------------------------


def _way(place: Place, end: str) -> str:
    """The way of some process to this server (`postgres`, `valkey`)."""
    return place.dice.choice([name for name in place.network.ways if name.endswith(f" {end}")])


def _network_fault(end: str, kind: str, within: float) -> None:
    """Put into the catalogue what happens on the way to `end`: deaf, cut, slow or refused."""

    @contextlib.asynccontextmanager
    async def happens(place: Place) -> AsyncIterator[None]:
        way = place.network.ways["clients" if end == "clients" else _way(place, end)]
        match kind:
            case "deaf":  # half-open: nothing passes on what is open now, and nobody is told
                way.do("deafen")
            case "cut":
                way.do("cut", 0.7)
            case "slow":
                way.set(delay_seconds=place.dice.uniform(0.05, 0.2))
            case "narrow":
                way.set(bytes_per_second=20_000)
            case "refused":
                way.set(refusing=True)
                way.do("end")
        yield
        way.set(delay_seconds=0.0, bytes_per_second=None, refusing=False)

    happens.__name__ = f"way_to_{end}_{kind}"
    fault(f"way-{end}", within)(happens)


for _end in ("postgres", "valkey", "clients"):
    for _kind, _within in (("deaf", 15.0), ("cut", 6.0), ("slow", 6.0), ("narrow", 8.0), ("refused", 12.0)):
        _network_fault(_end, _kind, _within)


@fault("way-clients", within=6)
@contextlib.asynccontextmanager
async def answers_lost(place: Place) -> AsyncIterator[None]:
    for request in (b"/accept", b"/confirm", b"/payment-requests", b'"message"'):
        place.network.ways["clients"].do("lose_answers", request, 3)
        await asyncio.sleep(0.3)
    yield
    place.network.ways["clients"].do("lose_answers", b"", 0)


def possible() -> list[FaultKind]:
    """The faults that this machine can make."""
    return [one for one in CATALOGUE.values() if "clock" not in one.name or libfaketime() is not None]
