"""Hypothesis for what happens in an event loop."""

from collections.abc import Callable, Coroutine
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy


async def play(strategy: SearchStrategy[Any], one: Callable[[Any], Coroutine[Any, Any, None]], *, examples: int) -> int:
    """Make so many examples, always the same ones, and play them; how many there were."""
    made: list[Any] = []

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def make(example: Any) -> None:
        made.append(example)

    make()
    for example in made:
        try:
            await one(example)
        except BaseException as error:
            error.add_note(f"This was played: {example!r}")
            raise
    return len(made)
