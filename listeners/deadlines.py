"""Moves what time has made due, as near to its time as can be."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from app import metrics
from app.instant import read
from app.mirror.gateway import Gateway
from app.sql.deadlines import run_due, time_to_next_deadline
from app.sql.extensions import due_extensions, settle_extension
from listeners.backend import Backend
from listeners.doorbell import Doorbell

CHANNEL = "deadlines"

ROWS_A_ROUND = 500
LONGEST_SLEEP_SECONDS = 1.0
"""A notification wakes the sleeper only for deadlines nearer than this, and may be lost."""

BUSY_SECONDS = 0.05
"""What is due but was passed over is held by another transaction: no use in asking without pause."""


class Deadlines:
    """Settles silent extensions, then what else is due. Any number may run: rows in work are passed over."""

    def __init__(self, backend: Backend, gateway: Gateway, bell: Doorbell) -> None:
        self.bell = bell
        self._gateway = gateway
        self._backend = backend

    def hear(self, _payloads: Sequence[str]) -> None:
        """A deadline came nearer."""
        self.bell.ring()

    async def run(self) -> float:
        """One round: move what is due, one kind at a time, then sleep until the next deadline."""
        for silent in await self._backend.run(due_extensions):
            is_there = await self._is_there(silent.mitra_id)
            extension = await self._backend.run(settle_extension, extension_id=silent.extension_id, connected=is_there)
            if extension.responded_at is not None:
                late = (read(extension.responded_at) - read(extension.expires_at)).total_seconds()
                metrics.deadline_lateness.labels("extension").observe(late)
        fired = await self._backend.run(run_due, limit=ROWS_A_ROUND)
        for row in fired:
            metrics.deadline_lateness.labels(row.kind).observe(row.seconds_late)
        if fired:
            return 0.0
        left = await self._backend.run(time_to_next_deadline)
        if left is None:
            return LONGEST_SLEEP_SECONDS
        if left <= timedelta():
            return BUSY_SECONDS
        return min(left.total_seconds(), LONGEST_SLEEP_SECONDS)

    async def _is_there(self, mitra_id: UUID) -> bool:
        """Whether the mitra has a live socket and a fresh heartbeat; not when Valkey can't say."""
        return bool(await self._gateway.connected("mitra", mitra_id)) and bool(await self._gateway.reachable(mitra_id))
