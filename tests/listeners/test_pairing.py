"""Waiting sessions and available mitras find each other."""

from uuid import UUID

import psycopg
import pytest

from app.development.processes import free_port
from app.development.valkey import EmbeddedValkey
from app.settings import ListenerSettings
from listeners.concerns.pairing import CANDIDATES, MITRAS
from tests.support.listening import Agrees, Listening, listening
from tests.support.market import Market, Person
from tests.support.mirror import Mirror
from tests.support.waiting import eventually


def offers(conn: psycopg.Connection, session_id: UUID) -> list[UUID]:
    rows = conn.execute("SELECT mitra_id FROM core.pairing_offers WHERE session_id = %s", [session_id]).fetchall()
    return [row[0] for row in rows]


async def offered(conn: psycopg.Connection, session_id: UUID, *mitras: Person) -> None:
    async def same() -> bool:
        return set(offers(conn, session_id)) == {mitra.id for mitra in mitras}

    await eventually(same, f"offers for {session_id}, made: {offers(conn, session_id)}")


@pytest.fixture
def unpolled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions are matched when the doorbell rings, and soon after it, and at no other time."""
    monkeypatch.setattr("listeners.concerns.pairing.POLL_SECONDS", 3600.0)
    monkeypatch.setattr("listeners.concerns.pairing.SECOND_LOOKS_SECONDS", (0.1,) * 600)
    monkeypatch.setattr("listeners.concerns.pairing.DOUBT_SECONDS", 3600.0)


@pytest.mark.usefixtures("unpolled")
async def test_a_paid_session_is_offered_at_once_to_those_available(
    listener: Listening, market: Market, conn: psycopg.Connection, agrees: Agrees
) -> None:
    mitras = [market.mitra() for _ in range(3)]
    full = market.mitra(max_sessions=1)
    market.session(market.customer(), full)
    market.mitra(online=False)
    await agrees()
    session_id = market.search(market.customer())
    await offered(conn, session_id, *mitras)


@pytest.mark.usefixtures("unpolled")
async def test_who_becomes_available_is_offered_the_waiting_session_at_once(
    listener: Listening, market: Market, conn: psycopg.Connection
) -> None:
    session_id = market.search(market.customer())

    async def waits() -> bool:
        return await listener.metric("halobestie_unoffered_sessions") == 1

    await eventually(waits, "the listener knows that the session waits")
    mitra = market.mitra()
    await offered(conn, session_id, mitra)


async def test_a_mitra_set_free_is_offered_the_waiting_session(
    listener: Listening, market: Market, conn: psycopg.Connection
) -> None:
    mitra = market.mitra(max_sessions=1)
    running = market.session(customer := market.customer(), mitra)
    session_id = market.search(market.customer())
    market.value("SELECT api.end_session(%s, 'customer', %s)", running, customer.id)
    await offered(conn, session_id, mitra)


async def test_after_a_wave_was_declined_the_next_goes_to_the_others(
    listener: Listening, market: Market, conn: psycopg.Connection, agrees: Agrees
) -> None:
    market.set("blast_size", 1)
    first, second = market.mitra(), market.mitra()
    await agrees()
    session_id = market.search(market.customer())

    async def one_offer() -> bool:
        return len(offers(conn, session_id)) == 1

    await eventually(one_offer, "a wave of one")
    row = conn.execute("SELECT id, mitra_id FROM core.pairing_offers WHERE session_id = %s", [session_id]).fetchone()
    assert row is not None
    market.value("SELECT api.decline_offer(%s, %s)", *row)
    await offered(conn, session_id, first, second)


@pytest.mark.usefixtures("unpolled")
async def test_a_wave_is_as_large_as_blast_size_allows(
    listener: Listening, market: Market, conn: psycopg.Connection, agrees: Agrees
) -> None:
    market.set("blast_size", 60)
    for _ in range(60):
        market.mitra()
    await agrees()
    session_id = market.search(market.customer())

    async def is_offered() -> bool:
        return bool(offers(conn, session_id))

    await eventually(is_offered, "the first wave, which comes in one piece")
    assert len(offers(conn, session_id)) == 60


def test_enough_candidates_are_named_for_the_largest_blast_size(market: Market) -> None:
    largest = market.value("SELECT maximum FROM core.config_keys() WHERE key = 'blast_size'")
    assert 2 * largest <= CANDIDATES <= MITRAS


async def test_one_mitra_may_be_offered_several_searches(
    listener: Listening, market: Market, conn: psycopg.Connection
) -> None:
    sessions = [market.search(market.customer()) for _ in range(5)]
    mitra = market.mitra()
    for session_id in sessions:
        await offered(conn, session_id, mitra)


async def test_a_locked_session_holds_up_no_other(
    listener: Listening, market: Market, conn: psycopg.Connection, database_url: str, agrees: Agrees
) -> None:
    locked = [market.search(market.customer()) for _ in range(2)]
    with psycopg.connect(database_url) as holder:
        holder.execute("SELECT FROM core.chat_sessions WHERE id = ANY (%s) FOR UPDATE", [locked])
        mitra = market.mitra()
        await agrees()
        free = market.search(market.customer())
        await offered(conn, free, mitra)
        assert offers(conn, locked[0]) == []
    for session_id in locked:
        await offered(conn, session_id, mitra)


async def test_without_valkey_postgresql_chooses(
    own_valkey: EmbeddedValkey, listener_settings: ListenerSettings, market: Market, conn: psycopg.Connection
) -> None:
    settings = listener_settings.model_copy(update={"valkey_url": own_valkey.url})
    own_valkey.kill()
    mitra = market.mitra()
    async with listening(settings):
        session_id = market.search(market.customer())
        await offered(conn, session_id, mitra)


async def test_two_listeners_make_one_wave(
    listener: Listening, listener_settings: ListenerSettings, market: Market, conn: psycopg.Connection, agrees: Agrees
) -> None:
    async with listening(listener_settings.model_copy(update={"listener_port": free_port()})):
        market.set("blast_size", 2)
        for _ in range(6):
            market.mitra()
        await agrees()
        sessions = [market.search(market.customer()) for _ in range(5)]
        for session_id in sessions:

            async def wave(session_id: UUID = session_id) -> bool:
                return len(offers(conn, session_id)) == 2

            await eventually(wave, "a wave of two")
        assert [len(offers(conn, session_id)) for session_id in sessions] == [2] * 5


async def test_a_mitra_that_stopped_beating_is_not_asked(
    listener: Listening, market: Market, mirror: Mirror, conn: psycopg.Connection, agrees: Agrees
) -> None:
    silent, lively = market.mitra(), market.mitra()
    await agrees()
    conn.execute(  # where PostgreSQL has a later beat, the listener reads it
        "UPDATE core.mitra_online_status SET last_online_at = now() - interval '1 hour',"
        " last_heartbeat_at = now() - interval '1 hour' WHERE mitra_id = %s",
        [silent.id],
    )
    await mirror.server.command("ZADD", mirror.keys.free, 1_700_000_000_000, str(silent.id))
    session_id = market.search(market.customer())
    await offered(conn, session_id, lively)


async def test_a_search_behind_a_thousand_that_exclude_the_only_mitra_is_offered(
    listener: Listening, market: Market, conn: psycopg.Connection, agrees: Agrees
) -> None:
    mitra = market.mitra()
    await agrees()
    conn.execute("INSERT INTO core.customers SELECT FROM generate_series(1, 1001)")
    conn.execute(
        """
        INSERT INTO core.chat_sessions (customer_id, duration_minutes, pairing_deadline, excluded_mitra_ids, created_at)
        SELECT id, 15, clock_timestamp() + interval '1 hour', %s, clock_timestamp() - interval '1 hour'
        FROM core.customers ORDER BY created_at DESC LIMIT 1001
        """,
        [[mitra.id]],
    )
    session_id = market.search(market.customer())
    await offered(conn, session_id, mitra)


async def test_a_mirror_that_names_nobody_is_doubted(
    listener: Listening, market: Market, mirror: Mirror, conn: psycopg.Connection, agrees: Agrees
) -> None:
    mitra = market.mitra()
    await agrees()
    await mirror.server.command("ZREM", mirror.keys.ranked, str(mitra.id))
    session_id = market.search(market.customer())
    await offered(conn, session_id, mitra)
