"""Heartbeats on their way back, and those who fell silent."""

from datetime import datetime
from uuid import UUID

import psycopg
import pytest

from app.development.valkey import EmbeddedValkey
from app.mirror.gateway import Gateway
from app.settings import ListenerSettings
from tests.support.listening import Agrees, Listening, listening, status_of
from tests.support.market import Market
from tests.support.mirror import Mirror
from tests.support.waiting import eventually


@pytest.fixture
def busy_settings(listener_settings: ListenerSettings) -> ListenerSettings:
    """A listener that sweeps all the time."""
    return listener_settings.model_copy(
        update={"mitra_auto_offline_sweep_seconds": 0.1, "heartbeat_mirror_interval_seconds": 0.1}
    )


def stamp(conn: psycopg.Connection, mitra_id: UUID) -> datetime:
    row = conn.execute(
        "SELECT last_heartbeat_at FROM core.mitra_online_status WHERE mitra_id = %s", [mitra_id]
    ).fetchone()
    assert row is not None
    return row[0]  # type: ignore[no-any-return]


def silence(conn: psycopg.Connection, mitra_id: UUID) -> None:
    """As if the mitra had gone online, and last beaten, long ago."""
    conn.execute(
        "UPDATE core.mitra_online_status SET last_heartbeat_at = now() - interval '1 hour',"
        " last_online_at = now() - interval '1 hour' WHERE mitra_id = %s",
        [mitra_id],
    )


async def silence_everywhere(conn: psycopg.Connection, mirror: Mirror, *mitra_ids: UUID) -> None:
    for mitra_id in mitra_ids:
        silence(conn, mitra_id)
        long_ago = 1_700_000_000_000
        await mirror.server.command("ZADD", mirror.keys.free, "XX", long_ago, str(mitra_id))
        await mirror.server.command("SET", mirror.keys.heartbeat(mitra_id), "2023-11-14T22:13:20.000Z")


async def whole_for_long(mirror: Mirror) -> None:
    async def is_whole() -> bool:
        return await mirror.text("HGET", mirror.keys.epoch, "whole_since") is not None

    await eventually(is_whole, "the mirror is whole")
    await mirror.server.command("HSET", mirror.keys.epoch, "whole_since", 1_600_000_000_000)


async def test_newer_heartbeats_are_copied_and_older_ones_are_not(
    busy_settings: ListenerSettings,
    market: Market,
    conn: psycopg.Connection,
    mirror: Mirror,
    gateway: Gateway,
    agrees: Agrees,
) -> None:
    beating, quiet, offline = market.mitra(), market.mitra(), market.mitra(online=False)
    async with listening(busy_settings) as listener:
        await agrees()
        untouched = stamp(conn, quiet.id)
        await gateway.beat(beating.id)
        beat = await mirror.heartbeat(beating.id)
        assert beat is not None
        conn.execute(
            "UPDATE core.mitra_online_status SET last_heartbeat_at = now() + interval '1 minute' WHERE mitra_id = %s",
            [quiet.id],
        )

        async def copied() -> bool:
            return abs((stamp(conn, beating.id) - beat).total_seconds()) < 0.01

        await eventually(copied, "the beat is in PostgreSQL")
        assert stamp(conn, quiet.id) > untouched
        assert stamp(conn, offline.id) is None

        async def succeeded() -> bool:
            return (await listener.sweep("heartbeat_copy"))["outcome"] == "ok"

        await eventually(succeeded, "the sweep says so")


async def test_who_fell_silent_is_set_offline_with_the_cause_and_nobody_else(
    busy_settings: ListenerSettings, market: Market, conn: psycopg.Connection, mirror: Mirror, agrees: Agrees
) -> None:
    silent, lively = market.mitra(), market.mitra()
    async with listening(busy_settings):
        await agrees()
        await whole_for_long(mirror)

        async def is_offline() -> bool:
            if status_of(conn, silent.id):  # a heartbeat that was being copied may have been written after the silence
                await silence_everywhere(conn, mirror, silent.id)
            return not status_of(conn, silent.id)

        await eventually(is_offline, "the silent mitra is offline")
        assert status_of(conn, lively.id)
        cause = market.value(
            "SELECT cause FROM core.mitra_status_log WHERE mitra_id = %s AND action = 'offline'", silent.id
        )
        assert cause == "auto_offline"
        await agrees()


async def test_who_beat_in_postgresql_meanwhile_is_spared_and_ranked_again(
    busy_settings: ListenerSettings, market: Market, conn: psycopg.Connection, mirror: Mirror, agrees: Agrees
) -> None:
    mitra = market.mitra()
    async with listening(busy_settings):
        await agrees()
        await silence_everywhere(conn, mirror, mitra.id)
        conn.execute("UPDATE core.mitra_online_status SET last_heartbeat_at = now() WHERE mitra_id = %s", [mitra.id])
        await whole_for_long(mirror)

        async def is_ranked() -> bool:
            score = await mirror.text("ZSCORE", mirror.keys.free, str(mitra.id))
            return score is not None and int(score) > 1_700_000_000_000 and await mirror.ranked() == [mitra.id]

        await eventually(is_ranked, "the mirror learnt the beat that PostgreSQL heard")
        assert status_of(conn, mitra.id)
        await agrees()


async def test_who_lapsed_but_beat_in_postgresql_is_ranked_again_at_once(
    listener: Listening, market: Market, conn: psycopg.Connection, mirror: Mirror, agrees: Agrees
) -> None:
    mitra = market.mitra()
    await agrees()
    conn.execute("UPDATE core.mitra_online_status SET last_heartbeat_at = now() WHERE mitra_id = %s", [mitra.id])
    await mirror.server.command("ZADD", mirror.keys.free, "XX", 1_700_000_000_000, str(mitra.id))

    async def is_fresh() -> bool:
        return int(await mirror.text("ZSCORE", mirror.keys.free, str(mitra.id)) or 0) > 1_700_000_000_000

    await eventually(is_fresh, "the watch read the beat that PostgreSQL heard")
    assert await mirror.ranked() == [mitra.id]


async def test_the_silence_of_most_is_held_to_be_an_outage_of_ours(
    busy_settings: ListenerSettings, market: Market, conn: psycopg.Connection, mirror: Mirror, agrees: Agrees
) -> None:
    mitras = [market.mitra() for _ in range(12)]

    async def all_fall_silent() -> None:
        long_ago = (part for mitra in mitras for part in (1_700_000_000_000, str(mitra.id)))
        await mirror.server.command("ZADD", mirror.keys.free, "XX", *long_ago)
        conn.execute(
            "UPDATE core.mitra_online_status"
            " SET last_heartbeat_at = now() - interval '1 hour', last_online_at = now() - interval '1 hour'"
        )

    async with listening(busy_settings) as listener:
        await agrees()
        await whole_for_long(mirror)

        async def is_held() -> bool:
            await all_fall_silent()
            return await listener.metric("halobestie_mass_silence") == 1

        await eventually(is_held, "the listener says so")
        assert all(status_of(conn, mitra.id) for mitra in mitras)
        conn.execute("UPDATE core.mass_silence SET began_at = began_at - interval '15 minutes'")

        async def all_are_offline() -> bool:
            await all_fall_silent()
            return not any(status_of(conn, mitra.id) for mitra in mitras)

        await eventually(all_are_offline, "after 15 minutes they are silent")


async def test_a_mirror_whole_for_too_short_a_time_sets_nobody_offline(
    busy_settings: ListenerSettings, market: Market, conn: psycopg.Connection, mirror: Mirror, agrees: Agrees
) -> None:
    mitra = market.mitra()
    async with listening(busy_settings) as listener:
        await agrees()
        await silence_everywhere(conn, mirror, mitra.id)
        before = await listener.metric('halobestie_sweep_runs_total{outcome="aborted",sweep="auto_offline"}')

        async def aborted() -> bool:
            runs = await listener.metric('halobestie_sweep_runs_total{outcome="aborted",sweep="auto_offline"}')
            return runs >= before + 3

        await eventually(aborted, "the sweep aborted three times")
        assert status_of(conn, mitra.id)


@pytest.mark.parametrize("fault", ["killed", "no epoch", "another server's"])
async def test_a_doubt_about_valkey_sets_nobody_offline(
    own_valkey: EmbeddedValkey, busy_settings: ListenerSettings, market: Market, conn: psycopg.Connection, fault: str
) -> None:
    settings = busy_settings.model_copy(update={"valkey_url": own_valkey.url})
    mitras = [market.mitra() for _ in range(3)]
    from app.mirror.server import Server

    async with listening(settings) as listener:
        server = await Server.open(settings, name="test", timeout=5)
        own = Mirror(server, settings)
        await whole_for_long(own)
        for mitra in mitras:
            silence(conn, mitra.id)
        if fault == "killed":
            own_valkey.kill()
        elif fault == "no epoch":
            await server.command("FLUSHALL")
        else:
            await server.command("HSET", server.keys.epoch, "run_id", "0" * 40)

        before = await listener.metric('halobestie_sweep_runs_total{outcome="aborted",sweep="auto_offline"}')

        async def aborted() -> bool:
            runs = await listener.metric('halobestie_sweep_runs_total{outcome="aborted",sweep="auto_offline"}')
            return runs >= before + 3

        await eventually(aborted, "the sweep aborted three times")
        assert all(status_of(conn, mitra.id) for mitra in mitras)
        await server.close()
