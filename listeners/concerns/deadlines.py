"""Moves what time has made due, as near to its time as can be."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import chain, repeat
from uuid import UUID

import psycopg
import structlog

from app.mirror.gateway import Gateway
from app.observability import metrics
from app.observability.faults import tell
from app.postgres.bounded import BackendLost
from app.readiness.settle import tell_failed
from app.runtime.instant import read
from app.sql.deadlines import Fired, failed_deadlines, run_due, time_to_next_deadline
from app.sql.extensions import DueExtension, overdue_extensions, settle_extension
from listeners.engine.backend import Backend
from listeners.engine.doorbell import Doorbell

log = structlog.get_logger(__name__)

CHANNEL = "deadlines"

ROWS_A_ROUND = 500
EXTENSIONS_A_PAGE = 200
LONGEST_SLEEP_SECONDS = 1.0
"""A notification wakes the sleeper only for deadlines nearer than this, and may be lost."""

BUSY_SECONDS = (0.02, 0.05, 0.1)
LONGEST_BUSY_SECONDS = 0.2
"""Pauses while what is due was passed over, because another transaction holds it or it failed: no use in asking on."""

SET_ASIDE_SECONDS = 10.0
"""An extension that failed is not tried again for so long."""

LOOK_SECONDS = 5.0
"""How often it is counted what fails."""


class Deadlines:
    """Settles silent extensions, then what else is due. Any number may run: rows in work are passed over."""

    def __init__(self, backend: Backend, gateway: Gateway, bell: Doorbell) -> None:
        self.bell = bell
        self._gateway = gateway
        self._backend = backend
        self._pauses = _pauses()
        self._limit = ROWS_A_ROUND
        self._passed = 0
        self._aside: dict[UUID, float] = {}
        self._told: dict[tuple[str, UUID], int] = {}

    def hear(self, _payloads: Sequence[str]) -> None:
        """A deadline came nearer."""
        self.bell.ring()

    async def run(self) -> float:
        """One round: move what is due, one kind at a time, then sleep until the next deadline."""
        await self._settle_extensions()
        fired = await self._run_due()
        for row in fired:
            metrics.deadline_lateness.labels(row.kind).observe(row.seconds_late)
        if fired:
            self._pauses = _pauses()
            return 0.0
        left = await self._backend.run(time_to_next_deadline)
        if left is not None and left <= timedelta():
            return next(self._pauses)
        self._pauses = _pauses()
        return LONGEST_SLEEP_SECONDS if left is None else min(left.total_seconds(), LONGEST_SLEEP_SECONDS)

    async def look(self) -> float:
        """One round: count what fails, and say each failure once."""
        failed = await self._backend.run(failed_deadlines)
        metrics.failed_deadlines.clear()
        for kind, count in Counter(row.kind for row in failed).items():
            metrics.failed_deadlines.labels(kind).set(count)
        for row in failed:
            if self._told.get((row.kind, row.id)) != row.failures:
                tell_failed(log, row)
        self._told = {(row.kind, row.id): row.failures for row in failed}
        return LOOK_SECONDS

    async def _run_due(self) -> list[Fired]:
        """What was due. After a time-out fewer rows at a time, and first the other kinds."""
        try:
            fired = await self._backend.run(run_due, limit=self._limit, passed=self._passed)
            if self._passed and not fired:
                self._passed = 0
                fired = await self._backend.run(run_due, limit=self._limit)
        except (psycopg.errors.QueryCanceled, BackendLost):
            self._limit = max(self._limit // 10, 1)
            self._passed += 1
            raise
        self._limit = min(self._limit * 2, ROWS_A_ROUND)
        return fired

    async def _settle_extensions(self) -> None:
        """Each that is overdue; one that stays as it is, unknown, busy or failing, hides none behind it."""
        now = time.monotonic()
        self._aside = {extension_id: until for extension_id, until in self._aside.items() if until > now}
        last: DueExtension | None = None
        while True:
            page = await self._backend.run(
                overdue_extensions,
                limit=EXTENSIONS_A_PAGE,
                after_expiry=last.expires_at if last else None,
                after_id=last.extension_id if last else None,
            )
            for silent in page:
                if silent.extension_id not in self._aside:
                    await self._settle_extension(silent)
            if len(page) < EXTENSIONS_A_PAGE:
                return
            last = page[-1]

    async def _settle_extension(self, silent: DueExtension) -> None:
        is_there = await self._is_there(silent.mitra_id)
        try:
            extension = await self._backend.run(settle_extension, extension_id=silent.extension_id, connected=is_there)
        except psycopg.Error as error:
            metrics.listener_failures.labels("deadlines").inc()
            if error.sqlstate is None:  # the connection, not the extension
                raise
            tell(log, "extension_not_settled", error, extension_id=str(silent.extension_id))
            self._aside[silent.extension_id] = time.monotonic() + SET_ASIDE_SECONDS
            return
        if extension.responded_at is not None:
            late = (read(extension.responded_at) - read(extension.expires_at)).total_seconds()
            metrics.deadline_lateness.labels("extension").observe(late)

    async def _is_there(self, mitra_id: UUID) -> bool | None:
        """Whether the mitra has a live socket and a fresh heartbeat; None when Valkey can't say."""
        answers = (await self._gateway.connected("mitra", mitra_id), await self._gateway.reachable(mitra_id))
        if False in answers:
            return False
        return None if None in answers else True


def _pauses() -> Iterator[float]:
    return chain(BUSY_SECONDS, repeat(LONGEST_BUSY_SECONDS))
