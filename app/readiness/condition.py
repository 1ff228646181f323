"""Shared trouble: what is wrong with the system as a whole, as PostgreSQL and the mirror show it; for `/readyz`."""

import asyncio
import time

import psycopg
import structlog

from app.mirror.reader import MirrorReader
from app.observability.faults import Series
from app.postgres.database import Run
from app.sql.condition import Condition, condition

log = structlog.get_logger(__name__)

REASONS = (
    "nobody_leads",
    "events_undispatched",
    "deadlines_overdue",
    "searches_without_offers",
    "valkey_away",
    "mirror_not_kept",
)
"""Everything that makes `/readyz` say `degraded`."""

GOOD_FOR_SECONDS = 1.0
ANSWER_SECONDS = 2.0


class Conditions:
    """Asks PostgreSQL for the condition of the system, at most once a second, also when many callers ask at once."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._turn = asyncio.Lock()
        self._last: Condition | None = None
        self._asked_at = -GOOD_FOR_SECONDS
        self._failures = Series(log, "condition_unknown")

    async def look(self) -> Condition | None:
        """The condition; None when PostgreSQL did not answer within two seconds."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS), self._turn:
                if time.monotonic() - self._asked_at >= GOOD_FOR_SECONDS:
                    self._last = None
                    self._last = await self._run(condition)
                    self._asked_at = time.monotonic()
        except (psycopg.Error, TimeoutError) as error:
            self._failures.failed(error)
            return None
        self._failures.ended()
        return self._last


async def valkey_reasons(reader: MirrorReader) -> list[str]:
    """What is wrong with the mirror, as this process sees it."""
    if not reader.valkey_is_up:
        return ["valkey_away"]
    return [] if await reader.is_whole() else ["mirror_not_kept"]
