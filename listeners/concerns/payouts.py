"""Makes the payouts that closing a period did not: of very many earnings, or of mitras of whom somebody held a row."""

from typing import Self

import psycopg

from app.sql import earnings
from listeners.engine.backend import Backend
from listeners.engine.parts import Parts
from listeners.engine.sweeps import Sweep

PAYOUT_SECONDS = 2.0
MOST_STEPS = 10
"""Further steps wait for the next run."""


class PayoutMaker:
    """Only the leader makes payouts. A period whose step fails holds up no other period."""

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
        """Make steps until no period has more, or so many; returns how many it made.

        Raises an ExceptionGroup of the steps that failed, when the other periods had their turn.
        """
        made, failed = 0, list[psycopg.Error]()
        for _ in range(MOST_STEPS):
            try:
                if not await self._backend.run(earnings.gather_payouts, passed=len(failed)):
                    break
            except psycopg.Error as error:
                failed.append(error)
            else:
                made += 1
        if failed:
            raise ExceptionGroup("payouts were not made", failed)
        return f"{made} steps" if made else ""
