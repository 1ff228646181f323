"""Pauses between attempts: growing, capped, and random, so that many programs don't all try at the same moment."""

import random
from collections.abc import Iterator


def pauses(first: float, longest: float) -> Iterator[float]:
    """Seconds to wait before each further attempt, without end.

    The pause doubles from `first` to `longest`; each wait is a random time between half of it and one and a half of it.
    """
    pause = first
    while True:
        yield pause * random.uniform(0.5, 1.5)
        pause = min(2 * pause, longest)
