"""Counts the due work that can't be settled, and logs each failure of it once."""

from collections import Counter
from typing import Self
from uuid import UUID

import structlog

from app.observability import metrics
from app.readiness.settle import tell_failed
from app.sql.deadlines import failed_deadlines
from listeners.engine.backend import Backend
from listeners.engine.doorbell import Doorbell
from listeners.engine.parts import Parts
from listeners.engine.program import Rounds

log = structlog.get_logger(__name__)

LOOK_SECONDS = 5.0


class FailedDeadlines:
    """Every listener looks, also while another leads, so that the gauge of each is right."""

    def __init__(self, backend: Backend, bell: Doorbell) -> None:
        self._backend = backend
        self._bell = bell
        self._logged: dict[tuple[str, UUID], int] = {}
        """How many failures of a deadline were logged, by its kind and id."""

    @classmethod
    def of(cls, parts: Parts) -> Self:
        """The look at failed deadlines of a listener."""
        return cls(parts.backends.work, parts.program.doorbell())

    def rounds(self) -> Rounds:
        """A look every five seconds."""
        return Rounds("failed deadlines", self.look, self._bell)

    async def look(self) -> float:
        """One round: count what fails, and log each new failure."""
        failed = await self._backend.run(failed_deadlines)
        metrics.failed_deadlines.clear()
        for kind, count in Counter(deadline.kind for deadline in failed).items():
            metrics.failed_deadlines.labels(kind).set(count)
        for deadline in failed:
            if self._logged.get((deadline.kind, deadline.id)) != deadline.failures:
                tell_failed(log, deadline)
        self._logged = {(deadline.kind, deadline.id): deadline.failures for deadline in failed}
        return LOOK_SECONDS
