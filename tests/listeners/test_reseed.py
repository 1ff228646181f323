"""The mirror is rebuilt after every fault, and no reader ever sees a smaller fleet than the truth."""

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import pytest

from app.development.valkey import EmbeddedValkey
from app.mirror.check import Difference, compare
from app.mirror.gateway import Gateway
from app.mirror.reseed import request_reseed
from app.mirror.server import Server
from app.postgres.database import Database
from app.settings import ListenerSettings
from tests.support.listening import Agrees, Listening, listening
from tests.support.market import Market
from tests.support.mirror import Mirror
from tests.support.waiting import PATIENCE_SECONDS, eventually


def fill(conn: psycopg.Connection, count: int) -> None:
    """So many mitras, all online."""
    conn.execute(
        "INSERT INTO core.mitras (display_name, phone)"
        " SELECT 'Sari', '+6281' || lpad(n::text, 8, '0') FROM generate_series(1, %s) AS n",
        [count],
    )
    conn.execute(
        "UPDATE core.mitra_online_status SET is_online = true, last_online_at = now(), last_heartbeat_at = now()"
    )


async def test_a_listener_seeds_before_its_port_opens(
    conn: psycopg.Connection,
    listener_settings: ListenerSettings,
    mirror: Mirror,
    differences: Callable[[], Awaitable[list[Difference]]],
) -> None:
    market = Market(conn)
    market.session(market.customer(), market.mitra())
    market.mitra(online=False)
    market.deactivate(market.mitra())
    async with listening(listener_settings):
        assert await differences() == []
        assert len(await mirror.members(mirror.keys.online)) == 1


async def test_an_emptied_valkey_is_filled_again_by_itself(
    listener: Listening, conn: psycopg.Connection, mirror: Mirror, agrees: Agrees
) -> None:
    fill(conn, 3000)
    await agrees()
    await mirror.server.command("FLUSHALL")
    await agrees()
    assert len(await mirror.members(mirror.keys.online)) == 3000


async def test_beats_that_an_emptied_valkey_forgot_count_while_postgresql_counts_its_copies(
    listener: Listening, conn: psycopg.Connection, market: Market, mirror: Mirror, agrees: Agrees
) -> None:
    heard, silent = market.mitra(), market.mitra()
    await agrees()
    for mitra, seconds in ((heard, 100), (silent, 200)):  # 90 s are stale; PostgreSQL, whose copy lags, adds 60
        conn.execute(
            "UPDATE core.mitra_online_status SET last_heartbeat_at = now() - make_interval(secs => %s)"
            " WHERE mitra_id = %s",
            [seconds, mitra.id],
        )
    in_postgresql = conn.execute("SELECT (api.availability() ->> 'available_mitras')::int").fetchone()
    await mirror.server.command("FLUSHALL")
    await agrees()
    assert in_postgresql == (1,)
    assert await mirror.ranked() == [heard.id]
    assert await mirror.server.run(mirror.server.scripts.reachable, str(heard.id)) == 1
    assert await mirror.server.run(mirror.server.scripts.reachable, str(silent.id)) == 0


async def test_what_was_damaged_or_planted_is_healed_by_a_reseed(
    listener: Listening,
    conn: psycopg.Connection,
    market: Market,
    mirror: Mirror,
    agrees: Agrees,
    listener_settings: ListenerSettings,
    differences: Callable[[], Awaitable[list[Difference]]],
) -> None:
    online, offline = market.mitra(), market.mitra(online=False)
    await agrees()
    stranger = "00000000-0000-4000-8000-000000000001"
    for command in (
        ("SREM", mirror.keys.online, str(online.id)),
        ("SADD", mirror.keys.online, str(offline.id), stranger, "nonsense"),
        ("SET", mirror.keys.capacity(online.id), "9"),
        ("SET", mirror.keys.capacity(stranger), "9"),
        ("SET", mirror.keys.heartbeat(offline.id), "2026-01-01T00:00:00Z"),
        ("DEL", mirror.keys.heartbeat(online.id)),
        ("ZADD", mirror.keys.ranked, "1", stranger),
        ("HSET", mirror.keys.mitras, stranger, "7", "nonsense", "1"),
        ("SADD", mirror.keys.deactivated, str(online.id)),
    ):
        await mirror.server.command(*command)
    assert await differences() != []
    await request_reseed(listener_settings)
    await agrees()
    assert await mirror.text("GET", mirror.keys.heartbeat(offline.id)) is None


@pytest.mark.parametrize("key", ["online", "free", "mitras", "settings", "epoch", "leader", "ranked"])
async def test_a_key_of_a_wrong_type_is_healed_by_itself(
    listener: Listening, market: Market, mirror: Mirror, agrees: Agrees, key: str
) -> None:
    market.mitra()
    await agrees()
    name = getattr(mirror.keys, key)
    await mirror.server.command("DEL", name)
    await mirror.server.command("RPUSH", name, "wrong")
    market.mitra()
    await agrees()


async def test_the_regular_sweep_heals_drift_and_reports_how_much_there_was(
    listener_settings: ListenerSettings, market: Market, mirror: Mirror, agrees: Agrees
) -> None:
    mitra = market.mitra()
    settings = listener_settings.model_copy(update={"valkey_online_mirror_sweep_seconds": 0.2})
    async with listening(settings) as listener:

        async def seen() -> bool:
            # again and again, because a sweep that began before the damage heals it unseen
            await mirror.server.command("SET", mirror.keys.capacity(mitra.id), "9")
            return (await listener.sweep("mirror"))["found"] == "1 differences"

        await eventually(seen, "the sweep saw the difference")
        await agrees()


async def test_readers_never_see_a_smaller_fleet_while_it_is_reseeded(
    listener: Listening, conn: psycopg.Connection, mirror: Mirror, agrees: Agrees, listener_settings: ListenerSettings
) -> None:
    fill(conn, 2500)
    await agrees()
    counts: list[tuple[int, int, int]] = []
    reading = True

    async def read() -> None:
        while reading:
            status = await mirror.server.run(mirror.server.scripts.status)
            best = await mirror.server.run(mirror.server.scripts.candidates, 50)
            counts.append((status[5], status[7], len(best)))

    reader = asyncio.create_task(read())
    seeded_at = await mirror.text("HGET", mirror.keys.epoch, "seeded_at")
    for _ in range(3):
        await request_reseed(listener_settings)

        async def reseeded(before: str | None = seeded_at) -> bool:
            return await mirror.text("HGET", mirror.keys.epoch, "seeded_at") != before

        await eventually(reseeded, "the mirror was reseeded")
        seeded_at = await mirror.text("HGET", mirror.keys.epoch, "seeded_at")
    reading = False
    await reader
    assert len(counts) > 10
    assert set(counts) == {(2500, 2500, 50)}


async def test_readers_of_an_emptied_valkey_are_told_the_truth_or_sent_to_postgresql(
    listener: Listening,
    conn: psycopg.Connection,
    mirror: Mirror,
    agrees: Agrees,
    listener_settings: ListenerSettings,
    app_url: Callable[[str], str],
) -> None:
    fill(conn, 2500)
    await agrees()
    db = await Database.open(app_url("halo_app"), name="test")
    gateway = await Gateway.open(listener_settings, db)
    seen = set()
    try:
        await mirror.server.command("FLUSHALL")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (beacon := await gateway.beacon()).source == "postgres":
                seen.add(beacon.available_mitras)
        seen.add(beacon.available_mitras)
    finally:
        await gateway.close()
        await db.close()
    assert seen == {2500}


async def test_a_valkey_restarted_empty_is_filled_again_by_itself(
    own_valkey: EmbeddedValkey, listener_settings: ListenerSettings, market: Market, db: Database
) -> None:
    settings = listener_settings.model_copy(update={"valkey_url": own_valkey.url})
    market.mitra()
    async with listening(settings):
        own_valkey.kill()
        market.mitra()
        own_valkey.start()
        server = await Server.open(settings, name="test", timeout=5)
        try:

            async def agrees() -> bool:
                return not await compare(db.call, server, second_looks=[0.05])

            await eventually(agrees, "the mirror agrees with PostgreSQL")
            assert await server.command("SCARD", server.keys.online) == 2
        finally:
            await server.close()


async def test_a_listener_starts_and_seeds_later_when_valkey_is_away(
    own_valkey: EmbeddedValkey, listener_settings: ListenerSettings, market: Market, db: Database
) -> None:
    settings = listener_settings.model_copy(update={"valkey_url": own_valkey.url})
    market.mitra()
    own_valkey.kill()
    async with listening(settings) as listener:
        report = (await listener.get("/readyz")).json()
        assert (report["status"], report["valkey"]) == ("degraded", "down")
        own_valkey.start()
        server = await Server.open(settings, name="test", timeout=5)
        try:

            async def agrees() -> bool:
                return not await compare(db.call, server, second_looks=[0.05])

            await eventually(agrees, "the mirror agrees with PostgreSQL")
        finally:
            await server.close()


async def test_a_database_taken_back_in_time_is_believed(
    listener: Listening,
    conn: psycopg.Connection,
    market: Market,
    mirror: Mirror,
    agrees: Agrees,
    listener_settings: ListenerSettings,
) -> None:
    mitra = market.mitra()
    await agrees()
    await mirror.server.command("HSET", mirror.keys.mitras, str(mitra.id), "9000000000000000 5")
    await request_reseed(listener_settings)
    await agrees()


async def test_a_changed_maximum_and_a_changed_patience_reach_the_mirror(
    listener: Listening, market: Market, mirror: Mirror, agrees: Agrees
) -> None:
    mitra = market.mitra()
    market.session(market.customer(), mitra)
    await agrees()
    assert await mirror.ranked() == [mitra.id]
    market.set("mitra_max_sessions", 1)

    async def is_full() -> bool:
        return await mirror.ranked() == []

    await eventually(is_full, "one session is the maximum")
    market.set("heartbeat_stale_seconds", 33)

    async def is_patient() -> bool:
        return await mirror.text("HGET", mirror.keys.settings, "heartbeat_stale_ms") == "33000"

    await eventually(is_patient, "33 seconds are the patience")
    await agrees()
