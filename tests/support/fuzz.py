"""Hypothesis for what happens in an event loop: each example is played there, and shrinks when it fails."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy


async def play(strategy: SearchStrategy[Any], one: Callable[[Any], Coroutine[Any, Any, None]], *, examples: int) -> int:
    """Play so many examples, always the same ones; how many were played."""
    loop = asyncio.get_running_loop()
    played = 0

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
    )  # fmt: skip
    @given(strategy)
    def each(example: Any) -> None:
        nonlocal played
        played += 1
        asyncio.run_coroutine_threadsafe(one(example), loop).result()

    await asyncio.to_thread(each)
    return played
