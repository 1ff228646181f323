"""Makes the payouts of a period with so many earnings that closing it made only the first of them."""

from typing import Self

from app.sql import earnings
from listeners.engine.backend import Backend
from listeners.engine.parts import Parts
from listeners.engine.sweeps import Sweep

PAYOUT_SECONDS = 2.0
EARNINGS_A_STEP = 5000
MOST_STEPS = 10
"""Further steps wait for the next run."""


class PayoutMaker:
    """Only the leader makes payouts."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    @classmethod
    def of(cls, parts: Parts) -> Self:
        """The payout maker of a listener."""
        return cls(parts.backends.sweeps)

    def sweeps(self) -> list[Sweep]:
        """The one sweep."""
        return [Sweep("payouts", PAYOUT_SECONDS, self.make)]

    async def make(self) -> str:
        """Make steps until no period has more, or so many; returns how many it made."""
        for step in range(MOST_STEPS):
            if not await self._backend.run(earnings.gather_payouts, rows=EARNINGS_A_STEP):
                return f"{step} steps" if step else ""
        return f"{MOST_STEPS} steps"
