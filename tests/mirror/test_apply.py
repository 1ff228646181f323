"""What one batch does to the mirror."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from app.mirror.writer import Writer
from app.sql.mirror import Beacon
from app.valkey.answers import Superseded
from tests.support.mirror import EPOCH, Mirror, Truth

pytestmark = pytest.mark.everywhere

SECOND = timedelta(seconds=1)


async def test_the_five_contract_keys_are_written_by_one_batch(mirror: Mirror) -> None:
    online, gone = Truth(capacity=2), Truth(is_online=False, is_active=False)
    await mirror.seed()
    await mirror.write(online, gone)

    prefix = mirror.keys.prefix
    assert await mirror.members(f"{prefix}mitras:online") == {str(online.mitra_id)}
    assert await mirror.members(f"{prefix}mitras:deactivated") == {str(gone.mitra_id)}
    assert await mirror.text("GET", f"{prefix}mitra:capacity:{online.mitra_id}") == "2"
    assert await mirror.text("GET", f"{prefix}mitra:capacity:{gone.mitra_id}") == "0"
    beat = datetime.fromisoformat(await mirror.text("GET", f"{prefix}mitra:heartbeat:{online.mitra_id}") or "")
    assert datetime.now(UTC) - beat == pytest.approx(SECOND, abs=SECOND / 2)
    assert await mirror.text("GET", f"{prefix}mitra:heartbeat:{gone.mitra_id}") is None
    snapshot = msgspec.json.decode(await mirror.text("GET", f"{prefix}availability:snapshot") or "", type=Beacon)
    assert (snapshot.available, snapshot.available_mitras, snapshot.source) == (True, 1, "valkey")
    assert 0 < await mirror.server.command("TTL", f"{prefix}availability:snapshot") <= 10


async def test_an_older_version_is_refused_and_changes_nothing(mirror: Mirror) -> None:
    first = Truth(version=5)
    newer = first.now(capacity=1)
    assert await mirror.write(newer) == {}
    assert await mirror.write(first) == {first.mitra_id: newer.version}
    assert await mirror.text("GET", mirror.keys.capacity(first.mitra_id)) == "1"


async def test_an_equal_version_is_applied_and_heals_what_was_damaged(mirror: Mirror) -> None:
    truth = Truth(capacity=1)
    await mirror.write(truth)
    await mirror.server.command("SREM", mirror.keys.online, str(truth.mitra_id))
    await mirror.server.command("SET", mirror.keys.capacity(truth.mitra_id), "9")
    await mirror.server.command("ZREM", mirror.keys.ranked, str(truth.mitra_id))
    await mirror.server.command("SADD", mirror.keys.deactivated, str(truth.mitra_id))
    assert await mirror.write(truth) == {}

    assert await mirror.members(mirror.keys.online) == {str(truth.mitra_id)}
    assert await mirror.members(mirror.keys.deactivated) == set()
    assert await mirror.text("GET", mirror.keys.capacity(truth.mitra_id)) == "1"
    assert await mirror.ranked() == [truth.mitra_id]


async def test_a_lower_version_is_applied_only_over_the_very_version_it_names(mirror: Mirror) -> None:
    restored = Truth(version=3)
    former = Truth(mitra_id=restored.mitra_id, capacity=2, version=9)
    await mirror.write(former)

    refused = (await mirror.writer.apply([restored.state], overriding={restored.mitra_id: 8})).refused
    assert refused == {restored.mitra_id: 9}
    assert (await mirror.writer.apply([restored.state], overriding=refused)).refused == {}
    assert await mirror.text("GET", mirror.keys.capacity(restored.mitra_id)) == "0"


async def test_a_leader_of_an_earlier_epoch_is_refused_once_a_later_one_wrote(mirror: Mirror) -> None:
    truth = Truth()
    await mirror.write(truth)
    await Writer(mirror.server, epoch=EPOCH + 1).begin("x", heartbeat_stale_seconds=90)

    with pytest.raises(Superseded):
        await mirror.write(truth.now(is_online=False))
    for late in (
        mirror.writer.forget([truth.mitra_id]),
        mirror.writer.begin("y", heartbeat_stale_seconds=1),
        mirror.writer.finish("x"),
        mirror.writer.evict(lag_ms=0),
        mirror.writer.remove_strays(),
    ):
        with pytest.raises(Superseded):
            await late
    assert await mirror.members(mirror.keys.online) == {str(truth.mitra_id)}


async def test_an_online_mitra_keeps_the_later_of_the_two_heartbeats(mirror: Mirror) -> None:
    truth = Truth(beat_ago=10)
    await mirror.seed(truth)
    known = await mirror.heartbeat(truth.mitra_id)

    await mirror.write(truth := truth.now(beat_ago=50))
    assert await mirror.heartbeat(truth.mitra_id) == known
    await mirror.write(truth := truth.now(beat_ago=2))
    beat = await mirror.heartbeat(truth.mitra_id)
    assert known is not None
    assert beat is not None
    assert beat - known == pytest.approx(8 * SECOND, abs=SECOND / 2)


async def test_an_offline_mitra_loses_its_heartbeat_and_every_place(mirror: Mirror) -> None:
    truth = Truth()
    await mirror.write(truth)
    await mirror.write(truth.now(is_online=False))

    assert await mirror.heartbeat(truth.mitra_id) is None
    assert await mirror.members(mirror.keys.online) == set()
    for key in (mirror.keys.free, mirror.keys.full, mirror.keys.lapsed, mirror.keys.ranked):
        assert await mirror.server.command("ZCARD", key) == 0


async def test_an_online_mitra_without_any_heartbeat_beats_now(mirror: Mirror) -> None:
    truth = Truth(beat_ago=None)
    await mirror.write(truth)
    beat = await mirror.heartbeat(truth.mitra_id)
    assert beat is not None
    assert abs(datetime.now(UTC) - beat) < 5 * SECOND
    assert await mirror.ranked() == [truth.mitra_id]


async def test_a_mitra_that_becomes_full_leaves_the_ranking_and_returns_when_a_slot_is_free(mirror: Mirror) -> None:
    truth = Truth(capacity=2)
    await mirror.write(truth)
    assert await mirror.ranked() == [truth.mitra_id]
    await mirror.write(truth := truth.now(capacity=3))
    assert await mirror.ranked() == []
    assert await mirror.server.command("ZCARD", mirror.keys.full) == 1
    await mirror.write(truth.now(capacity=2))
    assert await mirror.ranked() == [truth.mitra_id]
    assert await mirror.server.command("ZCARD", mirror.keys.full) == 0


async def test_a_deactivated_mitra_is_never_ranked_even_if_it_were_online(mirror: Mirror) -> None:
    truth = Truth(is_active=False)
    await mirror.write(truth)
    assert await mirror.ranked() == []
    assert await mirror.members(mirror.keys.deactivated) == {str(truth.mitra_id)}


async def test_the_snapshot_follows_each_change_of_the_count_at_once(mirror: Mirror) -> None:
    truth = Truth()
    await mirror.seed(truth)

    async def count() -> int:
        text = await mirror.text("GET", mirror.keys.snapshot) or ""
        return msgspec.json.decode(text, type=Beacon).available_mitras

    assert await count() == 1
    await mirror.write(truth := truth.now(capacity=3))
    assert await count() == 0
    await mirror.write(truth.now(capacity=1), Truth())
    assert await count() == 2


async def test_forgotten_mitras_leave_no_key_behind(mirror: Mirror) -> None:
    truths = [Truth(), Truth(is_online=False, is_active=False), Truth(capacity=3), Truth(beat_ago=1000)]
    await mirror.write(*truths)
    await mirror.writer.forget([truth.mitra_id for truth in truths])
    left = {key.decode() async for keys in mirror.server.scan("SCAN") for key in keys}
    assert left == {mirror.keys.leader}


@pytest.mark.not_on("cluster", "keys of another prefix are on another node")
async def test_every_key_is_put_under_the_prefix(mirror: Mirror) -> None:
    prefixed = await type(mirror.server).open(
        mirror.settings.model_copy(update={"valkey_key_prefix": '{ha"lo}:'}), name="test", timeout=5
    )
    other = Mirror(prefixed, mirror.settings)
    try:
        await other.seed(Truth(), Truth(is_online=False, is_active=False))
        keys = {key.decode() async for keys in mirror.server.scan("SCAN") for key in keys}
    finally:
        await prefixed.close()
    assert keys
    assert all(key.startswith('{ha"lo}:') for key in keys)


@pytest.mark.parametrize("ahead_ms", [3_600_000, 10**15])
async def test_a_heartbeat_in_the_future_is_not_copied_and_becomes_one_of_now(mirror: Mirror, ahead_ms: int) -> None:
    early, other = Truth(), Truth()
    await mirror.seed(early, other)
    now = datetime.now(UTC)
    ahead = round(now.timestamp() * 1000) + ahead_ms

    async def plant() -> None:
        await mirror.server.command("ZADD", mirror.keys.free, "XX", ahead, str(early.mitra_id))

    async def score() -> float:
        return float(await mirror.text("ZSCORE", mirror.keys.free, str(early.mitra_id)) or "nan")

    await plant()
    pages = [page async for page in mirror.writer.heartbeats(now - 3600 * SECOND, page=100)]
    assert [mitra_id for page in pages for mitra_id in page.mitra_ids] == [other.mitra_id]
    await mirror.writer.evict(lag_ms=0)
    assert now.timestamp() * 1000 - 1000 < await score() < ahead
    assert abs((await mirror.heartbeat(early.mitra_id) or now) - now) < 60 * SECOND
    await plant()
    await mirror.write(early.now())
    assert now.timestamp() * 1000 - 1000 < await score() < ahead
