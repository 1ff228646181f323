"""Looks four times a day whether what must never be is there: the gauge of the promise that it is not."""

from typing import Self

import psycopg
import structlog

from app.observability import metrics
from app.postgres.bounded import BackendLost
from app.sql.condition import check_invariants
from listeners.engine.backend import Backend
from listeners.engine.parts import Parts
from listeners.engine.sweeps import Sweep

log = structlog.get_logger(__name__)

CHECK_SECONDS = 6 * 3600.0
MOST = 100


class InvariantCheck:
    """Reads `ops.invariant_violations`, which reads whole tables: within the limit of the backend for sweeps."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    @classmethod
    def of(cls, parts: Parts) -> Self:
        """The check of a listener."""
        return cls(parts.backends.sweeps)

    def sweeps(self) -> list[Sweep]:
        """The check, for the first time after six hours: a new leader has other work."""
        return [Sweep("invariants", CHECK_SECONDS, self.check, at_once=False)]

    async def check(self) -> str:
        """Count what must never be, and log each; says when that was not done within the limit."""
        try:
            found = (await self._backend.run(check_invariants, limit=MOST)).items
        except (psycopg.errors.QueryCanceled, BackendLost):
            # Larger than is read beside the work: InvariantsUnchecked says so, and where else to look.
            return "not checked within the limit"
        metrics.invariant_violations.set(len(found))
        metrics.invariants_checked.set_to_current_time()
        for violation in found:
            log.error("invariant_violated", invariant=violation.invariant, subject=violation.subject)
        return f"{len(found)} violations" if found else ""
