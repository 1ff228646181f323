"""The schedule of a run: which faults happen together and how long they last, drawn by a seed."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.chaos.faults import FaultKind

PAIRS = 0.5
"""The share of steps with two faults at once."""

LASTS = (0.5, 3.0)
PAUSE = (0.3, 1.0)
"""Seconds of health between two steps."""


@dataclass(frozen=True)
class Step:
    """Faults that happen at the same moment."""

    faults: Sequence[FaultKind]
    seconds: float
    """How long they last, before they are mended."""
    pause: float

    @property
    def name(self) -> str:
        """The names of its faults."""
        return " + ".join(one.name for one in self.faults)

    @property
    def within(self) -> float:
        """So many seconds after their end everything has come back."""
        return sum(one.within for one in self.faults)


def steps(dice: random.Random, catalogue: Sequence[FaultKind], pairs: float = PAIRS) -> Iterator[Step]:
    """Steps without end, `pairs` of them with two faults. Each round has every fault once, in another order."""
    waiting: list[FaultKind] = []
    while True:
        if not waiting:
            waiting = dice.sample(catalogue, len(catalogue))
        first = waiting.pop()
        together = [first]
        others = [one for one in waiting if not one.concerns & first.concerns]
        if others and dice.random() < pairs:
            second = dice.choice(others)
            waiting.remove(second)
            together.append(second)
        yield Step(together, dice.uniform(*LASTS), dice.uniform(*PAUSE))
