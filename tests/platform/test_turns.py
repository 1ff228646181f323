"""What reads much takes turns: one at a time, with a rest between them."""

import asyncio
import time

import pytest

from app.problems import Problem
from app.runtime.turns import PLACES, Turns
from tests.support.waiting import PATIENCE_SECONDS


class Reader:
    """Somebody who reads, and notes when."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self.spans: list[tuple[float, float]] = []

    async def read(self) -> None:
        async with self._turns.one():
            began = time.monotonic()
            await asyncio.sleep(0.01)
            self.spans.append((began, time.monotonic()))


async def test_a_turn_begins_when_the_last_is_over_and_as_long_again_has_passed() -> None:
    reader = Reader(Turns())
    await asyncio.gather(*(reader.read() for _ in range(3)))
    assert len(reader.spans) == 3
    for (began, ended), (after, _) in zip(reader.spans, reader.spans[1:], strict=False):
        assert after - ended >= ended - began - 0.001


async def test_a_turn_that_fails_or_is_given_up_is_over() -> None:
    turns = Turns()
    with pytest.raises(RuntimeError):
        async with turns.one():
            raise RuntimeError
    async with turns.one():
        waiting = asyncio.create_task(Reader(turns).read())
        await asyncio.sleep(0)
        waiting.cancel()
    reader = Reader(turns)
    await reader.read()
    assert len(reader.spans) == 1


async def test_a_turn_within_a_turn_is_the_same_one() -> None:
    turns = Turns()
    reader = Reader(turns)
    async with asyncio.timeout(PATIENCE_SECONDS):
        async with turns.one(), turns.one():
            waiting = asyncio.create_task(reader.read())
            await asyncio.sleep(0)
            assert reader.spans == []
        await waiting
    assert len(reader.spans) == 1


async def test_who_finds_no_place_is_refused_and_work_that_is_begun_is_not() -> None:
    turns = Turns()
    reader = Reader(turns)
    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
        async with turns.one():
            for _ in range(PLACES - 1):
                group.create_task(reader.read())
            await asyncio.sleep(0)
            with pytest.raises(Problem) as refused:
                await asyncio.create_task(reader.read())
            assert (refused.value.status, "Retry-After" in refused.value.headers) == (503, True)
        async with turns.one(is_begun=True):
            assert reader.spans
    assert len(reader.spans) == PLACES - 1
    await reader.read()
