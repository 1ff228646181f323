"""Waiting for an event, with a bound, instead of for an amount of time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

T = TypeVar("T")


def until(happened: Callable[[], T], what: str, *, seconds: float = 10.0) -> T:
    """Return the first true answer of `happened`, asked again and again; fail with `what` when none came in time."""
    deadline = time.monotonic() + seconds
    while not (answer := happened()):
        assert time.monotonic() < deadline, f"did not happen within {seconds} s: {what}"
        time.sleep(0.02)
    return answer


async def eventually(happened: Callable[[], Awaitable[T]], what: str, *, seconds: float = 10.0) -> T:
    """Do the same as `until` while the event loop goes on."""
    try:
        async with asyncio.timeout(seconds):
            while not (answer := await happened()):  # noqa: ASYNC110  # what happens elsewhere sets no event here
                await asyncio.sleep(0.01)
            return answer
    except TimeoutError:
        pytest.fail(f"did not happen within {seconds} s: {what}")
