"""Measures whether all money is accounted for, and how long refunds have waited."""

from typing import Self

from app.observability import metrics
from app.sql.condition import money_condition
from listeners.engine.backend import Backend
from listeners.engine.doorbell import Doorbell
from listeners.engine.parts import Parts
from listeners.engine.program import Rounds

LOOK_SECONDS = 60.0


class MoneyWatch:
    """Every listener looks, also while another leads, so that the gauges of each are right."""

    def __init__(self, backend: Backend, bell: Doorbell) -> None:
        self._backend = backend
        self._bell = bell

    @classmethod
    def of(cls, parts: Parts) -> Self:
        """The look at money of a listener."""
        return cls(parts.backends.sweeps, parts.program.doorbell())

    def rounds(self) -> Rounds:
        """A look every minute."""
        return Rounds("money", self.look, self._bell)

    async def look(self) -> float:
        """One round."""
        money = await self._backend.run(money_condition)
        metrics.money_unaccounted.set(money.unaccounted)
        metrics.refunds_waiting.set(money.refunds_waiting)
        metrics.oldest_refund.set(money.refund_seconds)
        return LOOK_SECONDS
