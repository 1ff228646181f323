"""Settles due work, as soon after its deadline as possible."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import chain, repeat
from typing import Self
from uuid import UUID

import psycopg
import structlog

from app.mirror.reader import MirrorReader
from app.observability import metrics
from app.postgres.bounded import BackendLost
from app.runtime.instant import read
from app.sql.deadlines import run_due, time_to_next_deadline
from app.sql.extensions import DueExtension, overdue_extensions, settle_extension
from listeners.engine.backend import Backend
from listeners.engine.doorbell import Doorbell
from listeners.engine.parts import Parts
from listeners.engine.program import Rounds
from listeners.engine.set_aside import SetAside

log = structlog.get_logger(__name__)

CHANNEL = "deadlines"

ROWS_A_CALL = 500
CALLS_AT_ONCE = 2
"""While more is due than a call takes. Other concerns have their turn between two calls: the pool serves in order."""

EXTENSIONS_A_PAGE = 200
LONGEST_SLEEP = timedelta(seconds=1)
"""A notification comes only for a deadline that is nearer than this, and may be lost."""

BUSY_SECONDS = (0.02, 0.05, 0.1)
LONGEST_BUSY_SECONDS = 0.2
"""Pauses while due work was passed over because another transaction holds it or it failed: to ask at once is no use."""


class Deadlines:
    """Settles extensions without an answer, then what else is due.

    Any number may run: a row that another runner works on is passed over.
    """

    def __init__(self, backend: Backend, reader: MirrorReader, bell: Doorbell) -> None:
        self.bell = bell
        self._reader = reader
        self._backend = backend
        self._pauses = _pauses()
        self._limit = ROWS_A_CALL
        self._calls = 1
        self._passed = 0
        self._aside = SetAside(log, "deadlines", "extension_not_settled", "extension_id")

    @classmethod
    def of(cls, parts: Parts) -> Self:
        """The deadlines of a listener."""
        return cls(parts.backends.work, parts.reader, parts.program.doorbell())

    def hear(self, _payloads: Sequence[str]) -> None:
        """A deadline came nearer."""
        self.bell.ring()

    def rounds(self) -> Rounds:
        """Due work, at each ring and at the next deadline."""
        return Rounds("deadlines", self.run, self.bell)

    async def run(self) -> float:
        """One round: settle some of the due work; returns how long to sleep, at most until the next deadline."""
        await self._settle_extensions()
        limit, calls, self._calls = self._limit, self._calls, 1
        # A call that fails leaves the other one to its end.
        fired = 0
        for moved in await asyncio.gather(*(self._run_due() for _ in range(calls)), return_exceptions=True):
            if isinstance(moved, BaseException):
                raise moved
            fired += moved
        if fired >= limit:
            self._calls = CALLS_AT_ONCE
        if fired:
            self._pauses = _pauses()
            return 0.0
        remaining = await self._backend.run(time_to_next_deadline, within=LONGEST_SLEEP)
        if remaining is not None and remaining <= timedelta():
            return next(self._pauses)
        self._pauses = _pauses()
        return (LONGEST_SLEEP if remaining is None else remaining).total_seconds()

    async def _run_due(self) -> int:
        """How much due work is settled now. After a time-out it asks for fewer rows, and for the other kinds first."""
        limit, passed = self._limit, self._passed
        try:
            fired = await self._backend.run(run_due, limit=limit, passed=passed)
            if passed and not fired:
                self._passed = 0
                fired = await self._backend.run(run_due, limit=limit)
        except (psycopg.errors.QueryCanceled, BackendLost):
            # From what this call asked for: two calls that time out together count as one.
            self._limit = max(limit // 10, 1)
            self._passed = passed + 1
            raise
        self._limit = min(self._limit * 2, ROWS_A_CALL)
        for settled in fired:
            metrics.deadline_lateness.labels(settled.kind).observe(settled.seconds_late)
        return len(fired)

    async def _settle_extensions(self) -> None:
        """Settle overdue extensions. What can't be settled now (unknown, busy, failing) holds up no other extension."""
        last: DueExtension | None = None
        while True:
            page = await self._backend.run(
                overdue_extensions,
                limit=EXTENSIONS_A_PAGE,
                after_expiry=last.expires_at if last else None,
                after_id=last.extension_id if last else None,
            )
            for overdue in page:
                if overdue.extension_id not in self._aside:
                    await self._settle_extension(overdue)
            if len(page) < EXTENSIONS_A_PAGE:
                return
            last = page[-1]

    async def _settle_extension(self, overdue: DueExtension) -> None:
        is_connected = await self._is_connected(overdue.mitra_id)
        with self._aside.trying(overdue.extension_id):
            extension = await self._backend.run(
                settle_extension, extension_id=overdue.extension_id, connected=is_connected
            )
            if extension.responded_at is not None:
                late = (read(extension.responded_at) - read(extension.expires_at)).total_seconds()
                metrics.deadline_lateness.labels("extension").observe(late)

    async def _is_connected(self, mitra_id: UUID) -> bool | None:
        """Whether the mitra has a live socket and a fresh heartbeat; None when Valkey can't say."""
        answers = (await self._reader.connected("mitra", mitra_id), await self._reader.reachable(mitra_id))
        if False in answers:
            return False
        return None if None in answers else True


def _pauses() -> Iterator[float]:
    return chain(BUSY_SECONDS, repeat(LONGEST_BUSY_SECONDS))
