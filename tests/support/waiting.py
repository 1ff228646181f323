"""Waiting for an event, with a bound, instead of for an amount of time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

T = TypeVar("T")

PATIENCE_SECONDS = 45.0
"""How long a test waits for what must come, however busy the machine is: only what never comes takes this long.

How soon something comes is measured by benchmarks. It is less than a minute, after which sweeps heal what was lost.
"""

START_SECONDS = 240.0
"""How long a test waits for processes to start."""

VALKEY_TIMEOUT_MS = 2_000
"""How long the apps of a test wait for Valkey; with 50 ms they would turn to PostgreSQL on a busy machine."""


def until(happened: Callable[[], T], what: str, *, seconds: float = PATIENCE_SECONDS) -> T:
    """Return the first true answer of `happened`, asked again and again; fail with `what` when none came in time."""
    _be_patient(seconds)
    deadline = time.monotonic() + seconds
    while not (answer := happened()):
        assert time.monotonic() < deadline, f"did not happen within {seconds} s: {what}"
        time.sleep(0.02)
    return answer


async def eventually(happened: Callable[[], Awaitable[T]], what: str, *, seconds: float = PATIENCE_SECONDS) -> T:
    """Do the same as `until` while the event loop goes on."""
    _be_patient(seconds)
    try:
        async with asyncio.timeout(seconds):
            while not (answer := await happened()):  # noqa: ASYNC110  # what happens elsewhere sets no event here
                await asyncio.sleep(0.01)
            return answer
    except TimeoutError:
        pytest.fail(f"did not happen within {seconds} s: {what}")


def _be_patient(seconds: float) -> None:
    assert seconds >= PATIENCE_SECONDS, "a busy machine needs longer"
