"""The dispatcher: in order, at least once, never lost."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import psycopg
import pytest

from app.development.processes import free_port
from app.development.valkey import EmbeddedValkey
from app.mirror.server import Server
from app.settings import ListenerSettings
from app.sql.events import Looked
from listeners.concerns.events import Dispatcher
from listeners.engine.backend import Backend
from listeners.engine.doorbell import Doorbell
from tests.support.ear import Ear, hearing
from tests.support.listening import Listening, listening
from tests.support.market import Market
from tests.support.waiting import eventually

pytestmark = pytest.mark.everywhere

FAILURES = 'halobestie_listener_failures_total{concern="events"}'


@pytest.fixture
async def ear(valkey_url: str) -> AsyncIterator[Ear]:
    async with hearing(valkey_url) as ear:
        yield ear


def emit(conn: psycopg.Connection, user: UUID, number: int) -> None:
    """One event for a mitra, in a transaction of its own."""
    conn.execute(
        "SELECT core.emit(ARRAY[core.to_mitra(%s, 'status_changed', jsonb_build_object('number', %s::integer))])",
        [user, number],
    )


def undispatched(conn: psycopg.Connection) -> int:
    row = conn.execute("SELECT count(*) FROM core.event_queue").fetchone()
    assert row is not None
    return int(row[0])


async def test_committed_events_are_published_in_order_and_rolled_back_ones_never(
    ear: Ear, listener: Listening, conn: psycopg.Connection
) -> None:
    user = uuid4()
    channel = await ear.user("mitra", user)
    emit(conn, user, 1)
    with contextlib.suppress(ZeroDivisionError), conn.transaction():
        emit(conn, user, 99)
        raise ZeroDivisionError
    for number in range(2, 50):
        emit(conn, user, number)
    await ear.hears(channel, 49)
    assert ear.seqs(channel) == list(range(1, 50))
    assert [frame["number"] for frame in ear.frames[channel]] == list(range(1, 50))
    assert {"type", "id", "seq", "ts"} <= ear.frames[channel][0].keys()

    async def nothing_left() -> bool:
        return undispatched(conn) == 0

    await eventually(nothing_left, "the queue is empty")


@pytest.fixture
def unpolled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The outbox is read when the doorbell rings, and at no other time."""
    monkeypatch.setattr("listeners.concerns.events.POLL_SECONDS", 3600.0)


@pytest.mark.usefixtures("unpolled")
async def test_an_event_is_published_when_its_commit_rings(
    ear: Ear, listener: Listening, conn: psycopg.Connection
) -> None:
    user = uuid4()
    channel = await ear.user("mitra", user)
    emit(conn, user, 1)
    await ear.hears(channel, 1)


async def test_a_lost_doorbell_delays_and_never_loses(ear: Ear, listener: Listening, conn: psycopg.Connection) -> None:
    user = uuid4()
    channel = await ear.user("mitra", user)
    conn.execute("ALTER TABLE core.events DISABLE TRIGGER USER")
    emit(conn, user, 1)
    await ear.hears(channel, 1)


async def test_two_listeners_keep_the_order_of_every_stream(
    ear: Ear, listener: Listening, conn: psycopg.Connection, listener_settings: ListenerSettings
) -> None:
    second = listener_settings.model_copy(update={"listener_port": free_port()})
    users = [uuid4() for _ in range(7)]
    channels = [await ear.user("mitra", user) for user in users]
    async with listening(second):
        for number in range(1, 61):
            for user in users:
                emit(conn, user, number)
            await asyncio.sleep(0)
        for channel in channels:
            await ear.hears(channel, 60)
    for channel in channels:
        assert ear.seqs(channel) == list(range(1, 61))


async def test_while_valkey_is_away_events_wait_and_then_come_in_order(
    own_valkey: EmbeddedValkey, listener_settings: ListenerSettings, conn: psycopg.Connection
) -> None:
    settings = listener_settings.model_copy(update={"valkey_url": own_valkey.url})
    user = uuid4()
    async with listening(settings):
        own_valkey.kill()
        for number in range(1, 21):
            emit(conn, user, number)
        assert undispatched(conn) == 20
        own_valkey.start()
        async with hearing(own_valkey.url) as ear:
            channel = await ear.user("mitra", user)
            # what was published before this ear listened is in PostgreSQL; here the last ones must still come in order
            emit(conn, user, 21)
            emit(conn, user, 22)
            await ear.hears(channel, 2)
            heard = ear.seqs(channel)
            assert heard == list(range(heard[0], 23))

        async def nothing_left() -> bool:
            return undispatched(conn) == 0

        await eventually(nothing_left, "the queue is empty")


async def test_what_valkey_did_not_take_stays_in_the_outbox(
    own_valkey: EmbeddedValkey, listener_settings: ListenerSettings, conn: psycopg.Connection
) -> None:
    settings = listener_settings.model_copy(update={"valkey_url": own_valkey.url})
    user = uuid4()
    async with listening(settings) as listener:
        failures = await listener.metric(FAILURES)
        own_valkey.child.send_signal(signal.SIGSTOP)
        emit(conn, user, 1)

        async def failed() -> bool:
            return await listener.metric(FAILURES) > failures

        await eventually(failed, "the dispatcher gave up waiting for Valkey")
        assert undispatched(conn) == 1
        assert conn.execute("SELECT FROM core.event_positions WHERE seq > 0").fetchall() == []
        own_valkey.child.send_signal(signal.SIGCONT)

        async def nothing_left() -> bool:
            return undispatched(conn) == 0

        await eventually(nothing_left, "the queue is empty")


@pytest.mark.not_on("pooler", "the connection to it stays when the server's ends: the dispatcher looks once a minute")
async def test_another_server_that_counts_transactions_otherwise_hides_no_event(
    server: Server, listener_settings: ListenerSettings, conn: psycopg.Connection
) -> None:
    backend = Backend(listener_settings.database_url, name="dispatching")
    dispatcher = Dispatcher(backend, server, Doorbell())
    try:
        await dispatcher.dispatch()
        ahead = "SELECT format('%1$s:%1$s:', pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 1000)"
        (snapshot,) = conn.execute(ahead).fetchone() or ("",)
        dispatcher._looked = Looked(since=snapshot, looked=snapshot)
        emit(conn, uuid4(), 1)
        await dispatcher.dispatch()
        assert undispatched(conn) == 1, "a note of an earlier transaction counts as seen"
        conn.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE application_name = 'dispatching' AND datname = current_database()"
        )

        async def nothing_left() -> bool:
            with contextlib.suppress(psycopg.OperationalError):
                await dispatcher.dispatch()
            return undispatched(conn) == 0

        await eventually(nothing_left, "the event is dispatched on another connection")
    finally:
        backend.close()


async def test_the_beacon_is_broadcast_when_it_changes(ear: Ear, listener: Listening, market: Market) -> None:
    mitra = market.mitra()

    async def told(count: int) -> bool:
        frames = ear.frames[ear.keys.availability_channel]
        return bool(frames) and frames[-1]["available_mitras"] == count

    await eventually(lambda: told(1), "one mitra is available")
    frame = ear.frames[ear.keys.availability_channel][-1]
    assert frame.keys() == {"type", "available", "available_mitras", "as_of", "source"}
    assert (frame["type"], frame["available"], frame["source"]) == ("availability", True, "valkey")
    market.value("SELECT api.go_offline(%s)", mitra.id)
    await eventually(lambda: told(0), "nobody is available")


async def test_a_changed_setting_is_broadcast(ear: Ear, listener: Listening, market: Market) -> None:
    market.set("blast_size", 4)
    channel = ear.keys.config_changed_channel
    await ear.hears(channel, 1)
    assert ear.frames[channel] == [{"type": "config_changed", "keys": ["blast_size"]}]


async def test_who_waits_is_told_how_the_search_gets_on(
    ear: Ear, listener_settings: ListenerSettings, market: Market
) -> None:
    first, second = market.customer(), market.customer()
    sessions = [market.search(customer) for customer in (first, second)]
    channels = [await ear.user("customer", customer.id) for customer in (first, second)]
    async with listening(listener_settings):
        for place, (channel, session) in enumerate(zip(channels, sessions, strict=True), 1):

            async def told(channel: str = channel) -> bool:
                return "search_progress" in ear.types(channel)

            await eventually(told, "the progress is told")
            frame = next(frame for frame in ear.frames[channel] if frame["type"] == "search_progress")
            assert frame == {
                "type": "search_progress",
                "session_id": str(session),
                "position": place,
                "waves": 0,
                "estimated_wait_seconds": None,
            }


async def test_running_clocks_are_told_to_both(ear: Ear, listener_settings: ListenerSettings, market: Market) -> None:
    mitra, customer = market.mitra(), market.customer()
    session_id = market.session(customer, mitra)
    channels = [await ear.user(person.type, person.id) for person in (mitra, customer)]
    async with listening(listener_settings):
        for channel in channels:

            async def timed(channel: str = channel) -> bool:
                return "session_timer" in ear.types(channel)

            await eventually(timed, "the clock is told")
            frame = next(frame for frame in ear.frames[channel] if frame["type"] == "session_timer")
            assert frame["session_id"] == str(session_id)
            assert 1700 < frame["seconds_left"] <= 1800
            assert "id" not in frame
