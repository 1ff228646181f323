"""An empty, half-built or restored mirror is not an answer."""

from collections.abc import Callable

import pytest

from app.mirror.writer import Writer
from app.valkey.answers import Interrupted, NotWhole, Superseded
from tests.support.mirror import Mirror, Truth

QUESTIONS: dict[str, tuple[object, ...]] = {
    "beacon": (),
    "candidates": (3,),
    "reachable": (str(Truth().mitra_id),),
    "beat": (str(Truth().mitra_id),),
    "status": (),
    "stale": (10,),
    "heartbeats": (1, 0, 0, 10),
}


def _empty(mirror: Mirror) -> list[tuple[str, ...]]:
    return [("FLUSHALL",)]


def _without_epoch(mirror: Mirror) -> list[tuple[str, ...]]:
    return [("DEL", mirror.keys.epoch)]


def _of_another_server(mirror: Mirror) -> list[tuple[str, ...]]:
    """As after a restart from an append-only file: everything is there, and it is old."""
    return [("HSET", mirror.keys.epoch, "run_id", "0" * 40)]


def _that_nobody_keeps(mirror: Mirror) -> list[tuple[str, ...]]:
    return [("DEL", mirror.keys.alive)]


def _kept_for_ever_by_hand(mirror: Mirror) -> list[tuple[str, ...]]:
    return [("SET", mirror.keys.alive, "7")]


def _kept_by_another_leader(mirror: Mirror) -> list[tuple[str, ...]]:
    return [("SET", mirror.keys.alive, "8", "PX", "5000")]


def _whole_since_nonsense(mirror: Mirror) -> list[tuple[str, ...]]:
    return [("HSET", mirror.keys.epoch, "whole_since", "nonsense")]


HARMS = [
    _empty, _without_epoch, _of_another_server, _that_nobody_keeps, _kept_for_ever_by_hand, _kept_by_another_leader,
    _whole_since_nonsense,
]  # fmt: skip


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("question", QUESTIONS)
async def test_no_question_is_answered_by_a_mirror_that_is_not_whole(
    mirror: Mirror, question: str, harm: Callable[[Mirror], list[tuple[str, ...]]]
) -> None:
    await mirror.seed(Truth())
    for command in harm(mirror):
        await mirror.server.command(*command)
    with pytest.raises(NotWhole):
        await mirror.server.run(getattr(mirror.server.scripts, question), *QUESTIONS[question])  # type: ignore[arg-type]


async def test_a_mirror_is_not_whole_before_its_reseed_has_finished(mirror: Mirror) -> None:
    await mirror.writer.begin("token", heartbeat_stale_seconds=90)
    await mirror.write(Truth())
    with pytest.raises(NotWhole):
        await mirror.server.run(mirror.server.scripts.beacon)
    assert await mirror.writer.finish("token") == 1
    await mirror.server.run(mirror.server.scripts.beacon)


async def test_a_reseed_during_which_valkey_was_emptied_can_not_finish(mirror: Mirror) -> None:
    await mirror.writer.begin("token", heartbeat_stale_seconds=90)
    await mirror.write(Truth())
    await mirror.server.command("FLUSHALL")
    await mirror.write(Truth())
    with pytest.raises(Interrupted):
        await mirror.writer.finish("token")
    with pytest.raises(NotWhole):
        await mirror.server.run(mirror.server.scripts.beacon)


async def test_a_reseed_overtaken_by_another_can_not_finish(mirror: Mirror) -> None:
    await mirror.writer.begin("first", heartbeat_stale_seconds=90)
    await mirror.writer.begin("second", heartbeat_stale_seconds=90)
    with pytest.raises(Interrupted):
        await mirror.writer.finish("first")
    await mirror.writer.finish("second")


async def test_a_whole_mirror_that_is_reseeded_stays_whole_and_as_old_as_it_is(mirror: Mirror) -> None:
    await mirror.seed(Truth())
    whole_since = await mirror.text("HGET", mirror.keys.epoch, "whole_since")
    await mirror.writer.begin("again", heartbeat_stale_seconds=90)
    await mirror.server.run(mirror.server.scripts.beacon)
    await mirror.writer.finish("again")
    assert await mirror.text("HGET", mirror.keys.epoch, "whole_since") == whole_since


async def test_the_epoch_names_the_server_and_the_leadership(mirror: Mirror) -> None:
    await mirror.seed()
    info = (await mirror.server.command("INFO", "server")).decode()
    run_id = await mirror.text("HGET", mirror.keys.epoch, "run_id")
    assert f"run_id:{run_id}\r\n" in info
    assert await mirror.text("HGET", mirror.keys.epoch, "leader") == "7"


COLLECTIONS = ("online", "deactivated", "mitras", "free", "full", "lapsed", "ranked", "settings")


def fleet() -> list[Truth]:
    """Somebody in every collection."""
    return [Truth(), Truth(capacity=3), Truth(beat_ago=200), Truth(is_online=False, is_active=False)]


@pytest.mark.parametrize("lost", COLLECTIONS)
async def test_a_lost_key_is_noticed_by_every_question_and_no_write_hides_it(mirror: Mirror, lost: str) -> None:
    await mirror.seed(*fleet())
    await mirror.server.command("DEL", getattr(mirror.keys, lost))
    for question, arguments in QUESTIONS.items():
        with pytest.raises(NotWhole):
            await mirror.server.run(getattr(mirror.server.scripts, question), *arguments)  # type: ignore[arg-type]
    await mirror.write(*fleet())
    assert (await mirror.writer.evict(lag_ms=0)).available is None


@pytest.mark.parametrize("lost", COLLECTIONS)
async def test_a_key_lost_during_a_reseed_makes_it_begin_again(mirror: Mirror, lost: str) -> None:
    await mirror.seed(*fleet())
    await mirror.server.command("DEL", mirror.keys.alive)
    await mirror.writer.begin("token", heartbeat_stale_seconds=90)
    await mirror.write(*fleet())
    await mirror.server.command("DEL", getattr(mirror.keys, lost))
    await mirror.write(*fleet())
    with pytest.raises(Interrupted):
        await mirror.writer.finish("token")


async def test_a_member_lost_from_a_collection_is_noticed_at_the_next_look(mirror: Mirror) -> None:
    await mirror.seed(*fleet())
    await mirror.server.command("ZREMRANGEBYRANK", mirror.keys.free, 0, 0)
    assert (await mirror.writer.evict(lag_ms=0)).available is None


async def test_a_lapsed_mitra_that_beats_hides_no_lost_member(mirror: Mirror) -> None:
    lapsed, *others = Truth(beat_ago=200), Truth(), Truth()
    await mirror.seed(lapsed, *others)
    await mirror.server.command("ZREM", mirror.keys.free, str(others[0].mitra_id))
    assert await mirror.server.run(mirror.server.scripts.beat, str(lapsed.mitra_id)) == 1
    assert (await mirror.writer.evict(lag_ms=0)).available is None


async def test_a_mirror_without_mitras_is_whole(mirror: Mirror) -> None:
    await mirror.seed()
    assert (await mirror.writer.evict(lag_ms=0)).available == 0
    await mirror.server.run(mirror.server.scripts.whole)


async def test_every_write_leaves_the_mirror_whole(mirror: Mirror) -> None:
    silent = Truth(beat_ago=200)
    mitras = [silent, *fleet()]
    await mirror.seed(*mitras)

    async def is_whole() -> None:
        await mirror.server.run(mirror.server.scripts.whole)

    await mirror.write(*(mitra.now(capacity=3) for mitra in mitras[1:]))
    await is_whole()
    await mirror.server.run(mirror.server.scripts.beat, str(silent.mitra_id))
    await is_whole()
    await mirror.writer.begin("shorter", heartbeat_stale_seconds=1)
    await is_whole()
    await mirror.writer.evict(lag_ms=0)
    await is_whole()
    await mirror.server.command("SADD", mirror.keys.online, "stray")
    await mirror.count_again()
    assert await mirror.writer.remove_strays() == 1
    await is_whole()
    await mirror.writer.forget([mitra.mitra_id for mitra in mitras])
    await mirror.writer.finish("shorter")
    await is_whole()


async def test_only_a_listener_that_is_well_and_built_the_mirror_keeps_it(mirror: Mirror) -> None:
    await mirror.seed(Truth())

    async def left_after(writer: Writer, *, is_well: bool = True) -> int:
        await mirror.server.command("PEXPIRE", mirror.keys.alive, 3000)
        await writer.evict(lag_ms=0, is_well=is_well)
        left: int = await mirror.server.command("PTTL", mirror.keys.alive)
        return left

    assert await left_after(mirror.writer) > 3000
    assert await left_after(mirror.writer, is_well=False) <= 3000
    assert await left_after(Writer(mirror.server, epoch=8)) <= 3000


async def test_a_sign_of_life_that_ran_out_comes_back_only_with_a_reseed(mirror: Mirror) -> None:
    await mirror.seed(Truth())
    await mirror.server.command("DEL", mirror.keys.alive)
    assert (await mirror.writer.evict(lag_ms=0)).available is None
    await mirror.server.command("HSET", mirror.keys.epoch, "whole_since", 1)
    await mirror.seed(Truth())
    assert (await mirror.writer.evict(lag_ms=0)).available is not None
    assert int(await mirror.text("HGET", mirror.keys.epoch, "whole_since") or 0) > 1


async def test_a_reseed_by_a_listener_that_is_not_well_is_not_believed(mirror: Mirror) -> None:
    await mirror.writer.begin("token", heartbeat_stale_seconds=90)
    await mirror.write(Truth())
    await mirror.writer.finish("token", is_well=False)
    with pytest.raises(NotWhole):
        await mirror.server.run(mirror.server.scripts.beacon)


async def test_a_beat_is_recorded_though_nobody_keeps_the_mirror(mirror: Mirror) -> None:
    silent = Truth(beat_ago=200)
    await mirror.seed(silent)
    await mirror.server.command("DEL", mirror.keys.alive)
    with pytest.raises(NotWhole):
        await mirror.server.run(mirror.server.scripts.beat, str(silent.mitra_id))
    await mirror.seed(silent)  # the listener knows only the old heartbeat
    assert await mirror.server.run(mirror.server.scripts.reachable, str(silent.mitra_id)) == 1


@pytest.mark.parametrize("planted", ["9999999999999999", "nonsense", "inf", "nan"])
async def test_a_planted_leader_epoch_is_refused_and_can_be_claimed(mirror: Mirror, planted: str) -> None:
    await mirror.seed(Truth())
    await mirror.server.command("SET", mirror.keys.leader, planted)
    with pytest.raises(Superseded):
        await mirror.writer.evict(lag_ms=0)
    assert await mirror.writer.claim()
    assert (await mirror.writer.evict(lag_ms=0)).available == 1


async def test_who_misses_a_key_of_its_own_is_found(mirror: Mirror) -> None:
    whole, silent, empty, offline = Truth(), Truth(), Truth(), Truth(is_online=False)
    await mirror.seed(whole, silent, empty, offline)
    await mirror.server.command("DEL", mirror.keys.heartbeat(silent.mitra_id), mirror.keys.capacity(empty.mitra_id))
    cursor, missing = await mirror.writer.patrol(b"0")
    assert (cursor, set(missing)) == (b"0", {silent.mitra_id, empty.mitra_id})
