"""Looks four times a day whether what must never be is there: the gauge of the promise that it is not."""

from typing import Self

import psycopg
import structlog

from app.observability import metrics
from app.postgres.bounded import BackendLost
from app.runtime.turns import Turns
from app.sql.condition import check_invariants
from listeners.engine.backend import Backend
from listeners.engine.parts import Parts
from listeners.engine.sweeps import Sweep

log = structlog.get_logger(__name__)

CHECK_SECONDS = 6 * 3600.0
A_PAGE = 200
MOST_LOGGED = 100


class InvariantCheck:
    """Has every rule of `ops.invariant_violations` judged, page by page, and rests after each as long as it took."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._turns = Turns()

    @classmethod
    def of(cls, parts: Parts) -> Self:
        """The check of a listener."""
        return cls(parts.backends.sweeps)

    def sweeps(self) -> list[Sweep]:
        """The check, for the first time after six hours: a new leader has other work."""
        return [Sweep("invariants", CHECK_SECONDS, self.check, at_once=False)]

    async def check(self) -> str:
        """Count what must never be, and log the first of it; says when a page was not done within the limit.

        The gauges change at the end of the round, when everything was judged.
        """
        found, cursor, is_first = 0, None, True
        while is_first or cursor is not None:
            try:
                async with self._turns.one():
                    page = await self._backend.run(check_invariants, limit=A_PAGE, cursor=cursor)
            except (psycopg.errors.QueryCanceled, BackendLost):
                # InvariantsUnchecked says so, and where else to look.
                return f"not checked within the limit; {found} violations until then"
            for violation in page.items[: max(0, MOST_LOGGED - found)]:
                log.error("invariant_violated", invariant=violation.invariant, subject=violation.subject)
            found, cursor, is_first = found + len(page.items), page.next_cursor, False
        metrics.invariant_violations.set(found)
        metrics.invariants_checked.set_to_current_time()
        return f"{found} violations" if found else ""
