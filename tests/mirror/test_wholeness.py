"""An empty, half-built or restored mirror is not an answer."""

from collections.abc import Callable

import pytest

from app.mirror.answers import Interrupted, NotWhole
from tests.mirror.conftest import Mirror, Truth

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


@pytest.mark.parametrize("harm", [_empty, _without_epoch, _of_another_server])
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
    run_id = await mirror.text("HGET", "mirror:epoch", "run_id")
    assert f"run_id:{run_id}\r\n" in info
    assert await mirror.text("HGET", "mirror:epoch", "leader") == "7"
