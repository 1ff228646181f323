"""Measures what waits for operators, and whether PostgreSQL keeps what it acknowledges."""

from typing import Self

from app.observability import metrics
from app.sql.condition import backlog, lossy_settings
from listeners.engine.backend import Backend
from listeners.engine.doorbell import Doorbell
from listeners.engine.parts import Parts
from listeners.engine.program import Rounds

LOOK_SECONDS = 60.0


class BacklogWatch:
    """Every listener looks, also while another leads, so that the gauges of each are right."""

    def __init__(self, backend: Backend, bell: Doorbell) -> None:
        self._backend = backend
        self._bell = bell

    @classmethod
    def of(cls, parts: Parts) -> Self:
        """The look of a listener."""
        return cls(parts.backends.sweeps, parts.program.doorbell())

    def rounds(self) -> Rounds:
        """A look every minute."""
        return Rounds("backlog", self.look, self._bell)

    async def look(self) -> float:
        """One round."""
        waiting = await self._backend.run(backlog)
        metrics.reports_open.set(waiting.reports_open)
        metrics.oldest_report.set(waiting.report_seconds)
        metrics.durable.set(not await self._backend.run(lossy_settings))
        return LOOK_SECONDS
