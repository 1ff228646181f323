"""Waiting for an event, with a bound, instead of for an amount of time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(happened: Callable[[], T], what: str, *, seconds: float = 10.0) -> T:
    """Return the first true answer of `happened`, asked again and again; fail with `what` when none came in time."""
    deadline = time.monotonic() + seconds
    while not (answer := happened()):
        assert time.monotonic() < deadline, f"did not happen within {seconds} s: {what}"
        time.sleep(0.02)
    return answer
