"""Moves what time has made due, as near to its time as can be."""

from collections.abc import Sequence
from datetime import timedelta

from app import metrics
from app.sql.deadlines import run_due, time_to_next_deadline
from listeners.backend import Backend
from listeners.doorbell import Doorbell

CHANNEL = "deadlines"

ROWS_A_ROUND = 500
LONGEST_SLEEP_SECONDS = 1.0
"""A notification wakes the sleeper only for deadlines nearer than this, and may be lost."""

BUSY_SECONDS = 0.05
"""What is due but was passed over is held by another transaction: no use in asking without pause."""


class Deadlines:
    """Runs `run_due` whenever something is due. Any number may run: rows in work are passed over."""

    def __init__(self, backend: Backend, bell: Doorbell) -> None:
        self.bell = bell
        self._backend = backend

    def hear(self, _payloads: Sequence[str]) -> None:
        """A deadline came nearer."""
        self.bell.ring()

    async def run(self) -> float:
        """One round: move what is due, one kind at a time, then sleep until the next deadline."""
        fired = await self._backend.run(run_due, limit=ROWS_A_ROUND)
        for row in fired:
            late = (row.fired_at - row.due_at).total_seconds()
            metrics.deadline_lateness.labels(row.kind).observe(max(0.0, late))
        if fired:
            return 0.0
        left = await self._backend.run(time_to_next_deadline)
        if left is None:
            return LONGEST_SLEEP_SECONDS
        if left <= timedelta():
            return BUSY_SECONDS
        return min(left.total_seconds(), LONGEST_SLEEP_SECONDS)
