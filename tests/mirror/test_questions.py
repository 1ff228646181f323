"""The answers of a whole mirror."""

from uuid import UUID

import msgspec
import pytest

from app.mirror.writer import moment
from app.sql.mirror import Beacon
from app.valkey.answers import NotWhole
from tests.support.mirror import Mirror, Truth

pytestmark = pytest.mark.everywhere


async def beacon(mirror: Mirror) -> int:
    beacon = msgspec.json.decode(await mirror.server.run(mirror.server.scripts.beacon), type=Beacon)
    assert beacon.available == (beacon.available_mitras > 0)
    return beacon.available_mitras


async def candidates(mirror: Mirror, most: int) -> list[UUID]:
    return [UUID(found.decode()) for found in await mirror.server.run(mirror.server.scripts.candidates, most)]


async def stale(mirror: Mirror) -> set[UUID]:
    return set(await mirror.writer.stale(most=100))


async def beat(mirror: Mirror, *truths: Truth) -> str:
    answer = await mirror.server.run(mirror.server.scripts.beat, *(str(truth.mitra_id) for truth in truths))
    return "all" if answer == 1 else answer.decode()


async def grow_old(mirror: Mirror, seconds: int = 1000) -> None:
    """As if the mirror had been whole for long."""
    since = int(await mirror.text("HGET", mirror.keys.epoch, "whole_since") or "0")
    await mirror.server.command("HSET", mirror.keys.epoch, "whole_since", since - seconds * 1000)


async def test_candidates_are_the_least_loaded_and_among_them_the_longest_idle(mirror: Mirror) -> None:
    busy, idle_short, idle_long = Truth(capacity=1, idle_for=900), Truth(idle_for=5), Truth(idle_for=50)
    await mirror.seed(busy, idle_short, idle_long, Truth(capacity=3), Truth(is_online=False), Truth(is_active=False))
    assert await candidates(mirror, 10) == [idle_long.mitra_id, idle_short.mitra_id, busy.mitra_id]
    assert await candidates(mirror, 1) == [idle_long.mitra_id]


async def test_candidates_pass_over_those_who_went_stale_since_the_last_eviction(mirror: Mirror) -> None:
    quiet = [Truth(idle_for=1000 + i, beat_ago=80) for i in range(7)]
    lively = Truth(idle_for=1)
    await mirror.seed(*quiet, lively)
    await mirror.server.command("HSET", mirror.keys.settings, "heartbeat_stale_ms", 70_000)
    assert await mirror.server.command("ZCARD", mirror.keys.ranked) == 8
    assert await candidates(mirror, 2) == [lively.mitra_id]


async def test_a_ranking_that_nobody_evicts_from_is_no_answer(mirror: Mirror) -> None:
    await mirror.seed(*[Truth(beat_ago=80) for _ in range(60)])
    await mirror.server.command("HSET", mirror.keys.settings, "heartbeat_stale_ms", 70_000)
    with pytest.raises(NotWhole):
        await candidates(mirror, 2)


async def test_the_beacon_counts_the_available_and_never_the_stale(mirror: Mirror) -> None:
    await mirror.seed(Truth(), Truth(capacity=2), Truth(capacity=3), Truth(beat_ago=91), Truth(is_online=False))
    assert await beacon(mirror) == 2
    await mirror.server.command("HSET", mirror.keys.settings, "heartbeat_stale_ms", 500)
    await mirror.server.command("DEL", mirror.keys.snapshot)
    assert await beacon(mirror) == 0


async def test_the_beacon_is_the_shared_snapshot_until_that_expires(mirror: Mirror) -> None:
    await mirror.seed(Truth())
    planted = b'{"available":true,"available_mitras":42,"as_of":"2026-01-01T00:00:00Z","source":"valkey"}'
    await mirror.server.command("SET", mirror.keys.snapshot, planted, "EX", 10)
    assert await beacon(mirror) == 42
    await mirror.server.command("DEL", mirror.keys.snapshot)
    assert await beacon(mirror) == 1
    assert 9 <= await mirror.server.command("TTL", mirror.keys.snapshot) <= 10


async def test_reachable_means_online_active_and_fresh_whether_or_not_a_slot_is_free(mirror: Mirror) -> None:
    free, full, silent, offline = Truth(), Truth(capacity=3), Truth(beat_ago=91), Truth(is_online=False)
    await mirror.seed(free, full, silent, offline)
    answers = [
        await mirror.server.run(mirror.server.scripts.reachable, str(truth.mitra_id))
        for truth in (free, full, silent, offline, Truth())
    ]
    assert answers == [1, 1, 0, 0, 0]


async def test_a_beat_is_recorded_for_those_online_and_nobody_else(mirror: Mirror) -> None:
    online, full, offline, gone = Truth(beat_ago=60), Truth(capacity=3), Truth(is_online=False), Truth(is_active=False)
    await mirror.seed(online, full, offline, gone)
    before = await mirror.heartbeat(online.mitra_id)
    assert await beat(mirror, online, full) == "all"
    assert await beat(mirror, offline, online, gone, Truth()) == "0100"

    after = await mirror.heartbeat(online.mitra_id)
    assert before is not None
    assert after is not None
    assert (after - before).total_seconds() == pytest.approx(59, abs=2)
    assert await mirror.heartbeat(offline.mitra_id) is None
    score = float(await mirror.text("ZSCORE", mirror.keys.free, str(online.mitra_id)) or 0)
    assert score == pytest.approx(after.timestamp() * 1000, abs=1)


async def test_a_lapsed_mitra_that_beats_is_ranked_again_where_it_belongs(mirror: Mirror) -> None:
    lapsed, lapsed_full, other = Truth(beat_ago=200, capacity=1), Truth(beat_ago=200, capacity=3), Truth(capacity=2)
    await mirror.seed(lapsed, lapsed_full, other)
    assert await mirror.ranked() == [other.mitra_id]
    assert await beat(mirror, lapsed, lapsed_full) == "all"
    assert await candidates(mirror, 10) == [lapsed.mitra_id, other.mitra_id]
    assert await mirror.server.command("ZCARD", mirror.keys.lapsed) == 0


async def test_two_beats_within_one_millisecond_are_both_recorded(mirror: Mirror) -> None:
    truth = Truth()
    await mirror.seed(truth)
    assert {await beat(mirror, truth) for _ in range(50)} == {"all"}


async def test_eviction_moves_the_stale_out_of_the_ranking_and_reports_who_is_left(mirror: Mirror) -> None:
    await mirror.seed(*[Truth(beat_ago=80, capacity=i % 4) for i in range(50)], Truth())
    await mirror.writer.begin("shorter", heartbeat_stale_seconds=70)
    evicted = await mirror.writer.evict(lag_ms=1.25)
    assert evicted.available == 1
    assert await mirror.server.command("ZCARD", mirror.keys.ranked) == 1
    assert await mirror.server.command("ZCARD", mirror.keys.lapsed) == 50
    assert await mirror.text("HGET", mirror.keys.epoch, "lag_ms") == "1.250"


async def test_a_longer_patience_brings_the_lapsed_back(mirror: Mirror) -> None:
    truth = Truth(beat_ago=80)
    await mirror.seed(truth, stale_seconds=70)
    assert await mirror.ranked() == []
    await mirror.writer.begin("longer", heartbeat_stale_seconds=90)
    assert (await mirror.writer.evict(lag_ms=0)).available == 1
    assert await mirror.ranked() == [truth.mitra_id]


async def test_the_stale_are_those_lapsed_and_those_about_to_be(mirror: Mirror) -> None:
    lapsed, quiet, full = Truth(beat_ago=200), Truth(beat_ago=80), Truth(beat_ago=80, capacity=3)
    await mirror.seed(lapsed, quiet, full, Truth(), Truth(is_online=False))
    await grow_old(mirror)
    assert await stale(mirror) == {lapsed.mitra_id}
    await mirror.server.command("HSET", mirror.keys.settings, "heartbeat_stale_ms", 70_000)
    assert await stale(mirror) == {lapsed.mitra_id, quiet.mitra_id, full.mitra_id}


async def test_a_mirror_whole_for_less_than_the_patience_knows_nobody_stale(mirror: Mirror) -> None:
    await mirror.seed(Truth(beat_ago=200))
    with pytest.raises(NotWhole):
        await stale(mirror)
    await grow_old(mirror, seconds=89)
    with pytest.raises(NotWhole):
        await stale(mirror)
    await grow_old(mirror, seconds=2)
    assert len(await stale(mirror)) == 1


@pytest.mark.parametrize("page", [1, 3, 1000])
async def test_heartbeats_are_read_page_by_page_without_a_gap(mirror: Mirror, page: int) -> None:
    truths = [Truth(beat_ago=float(i // 3), capacity=i % 4) for i in range(1, 30)] + [Truth(beat_ago=500)]
    await mirror.seed(*truths, Truth(is_online=False))

    async def read(since_ms: int) -> set[UUID]:
        found: set[UUID] = set()
        async for beats in mirror.writer.heartbeats(moment(since_ms), page=page):
            found.update(beats.mitra_ids)
        return found

    assert await read(0) == {truth.mitra_id for truth in truths}
    seconds, _ = await mirror.server.command("TIME")
    assert await read(int(seconds) * 1000 - 60_000) == {truth.mitra_id for truth in truths[:-1]}


async def test_strays_and_orphans_are_removed_and_nothing_else(mirror: Mirror) -> None:
    kept, offline = Truth(), Truth(is_online=False)
    await mirror.seed(kept, offline)
    stranger = str(Truth().mitra_id)
    for key in (mirror.keys.free, mirror.keys.full, mirror.keys.lapsed, mirror.keys.ranked):
        await mirror.server.command("ZADD", key, 1, stranger)
    await mirror.server.command("SADD", mirror.keys.online, stranger, "not even an id")
    await mirror.server.command("SADD", mirror.keys.deactivated, stranger)
    assert await mirror.writer.remove_strays() == 7

    await mirror.server.command("SET", mirror.keys.capacity(stranger), 1)
    await mirror.server.command("SET", mirror.keys.heartbeat(stranger), "x")
    await mirror.server.command("SET", mirror.keys.heartbeat(offline.mitra_id), "x")
    assert await mirror.writer.remove_orphans() == 3
    assert await mirror.ranked() == [kept.mitra_id]
    assert await mirror.heartbeat(kept.mitra_id) is not None
    assert await mirror.text("GET", mirror.keys.capacity(offline.mitra_id)) == "0"
