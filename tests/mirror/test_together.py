"""Callers of one event-loop turn share one question."""

import asyncio
from collections.abc import Sequence

import pytest

from app.mirror.together import Together
from app.valkey.answers import Away


class Oracle:
    """Answers twice the number asked, and remembers what was asked together."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.fault: Exception | None = None

    async def ask(self, keys: Sequence[int]) -> list[int]:
        self.asked.append(list(keys))
        await self.may_answer.wait()
        if self.fault is not None:
            raise self.fault
        return [2 * key for key in keys]


async def test_equal_keys_are_asked_once_and_answered_to_all() -> None:
    oracle = Oracle()
    together = Together(oracle.ask, most=10)
    assert list(await asyncio.gather(together(1), together(2), together(1))) == [2, 4, 2]
    assert oracle.asked == [[1, 2]]


async def test_who_comes_during_a_question_is_part_of_the_next() -> None:
    oracle = Oracle()
    oracle.may_answer.clear()
    together = Together(oracle.ask, most=2)
    first = together(1)
    await asyncio.sleep(0)
    others = [together(key) for key in (1, 2, 3)]
    oracle.may_answer.set()
    assert await asyncio.gather(first, *others) == [2, 2, 4, 6]
    assert oracle.asked == [[1], [1, 2], [3]]


async def test_a_failure_is_everybodys_and_the_next_question_is_asked_all_the_same() -> None:
    oracle = Oracle()
    together = Together(oracle.ask, most=10)
    oracle.fault = Away("gone")
    outcomes = await asyncio.gather(together(1), together(2), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Away, Away]
    oracle.fault = None
    assert await together(1) == 2


async def test_a_caller_that_goes_away_takes_no_answer_from_the_others() -> None:
    oracle = Oracle()
    oracle.may_answer.clear()
    together = Together(oracle.ask, most=10)

    async def call() -> int:
        return await together(1)

    leaving, staying = asyncio.create_task(call()), asyncio.create_task(call())
    await asyncio.sleep(0)
    leaving.cancel()
    oracle.may_answer.set()
    assert await staying == 2
    with pytest.raises(asyncio.CancelledError):
        await leaving
