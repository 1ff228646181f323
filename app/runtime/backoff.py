"""Pauses between attempts: growing, capped, and jittered so that many who wait don't all return at once."""

import random
from collections.abc import Iterator


def pauses(first: float, longest: float) -> Iterator[float]:
    """Seconds to wait before each further attempt, without end: half to one and a half of a doubling, capped pause."""
    pause = first
    while True:
        yield pause * random.uniform(0.5, 1.5)
        pause = min(2 * pause, longest)
