"""Measures every few seconds whether the system does its work, also while nothing happens and nobody leads."""

from typing import Self

from app.mirror.reader import MirrorReader
from app.observability import metrics
from app.readiness.condition import REASONS, Conditions, valkey_reasons
from app.sql.condition import Condition
from listeners.engine.doorbell import Doorbell
from listeners.engine.parts import Parts
from listeners.engine.program import Rounds

SECONDS = 5.0


class ConditionWatch:
    """Keeps the gauges of shared trouble. Every listener does, also while another leads."""

    def __init__(self, conditions: Conditions, reader: MirrorReader, bell: Doorbell) -> None:
        self._conditions = conditions
        self._reader = reader
        self._bell = bell

    @classmethod
    def of(cls, parts: Parts) -> Self:
        """The condition watch of a listener."""
        return cls(Conditions(parts.backends.work.run), parts.reader, parts.program.doorbell())

    def rounds(self) -> Rounds:
        """A look every five seconds."""
        return Rounds("condition", self.look, self._bell)

    async def look(self) -> float:
        """One round."""
        await self.report()
        return SECONDS

    async def report(self) -> tuple[bool, list[str]]:
        """Whether PostgreSQL takes writes from here, and what is wrong with the system as a whole."""
        condition = await self._conditions.look()
        reasons = await valkey_reasons(self._reader)
        is_writable = condition is not None and condition.is_writable
        if condition is not None:
            reasons = [*condition.reasons, *reasons]
            _measure(condition)
        metrics.writable.set(is_writable)
        for reason in REASONS:
            metrics.degraded.labels(reason).set(reason in reasons)
        return is_writable, reasons


def _measure(condition: Condition) -> None:
    metrics.oldest_event.set(condition.event_seconds)
    metrics.most_overdue.set(condition.deadline_seconds)
    metrics.oldest_search.set(condition.search_seconds)
    metrics.nobody_leads.set(condition.vacant_seconds)
    metrics.oldest_transaction.set(condition.transaction_seconds)
    metrics.notification_queue.set(condition.queue_usage)
