"""Whether this process's clock is right: it dates tokens, and all instances must agree about them."""

import asyncio
import time

import structlog

from app.observability import metrics
from app.observability.faults import AGAIN_SECONDS
from app.postgres.database import Database
from app.problems import Problem
from app.sql.clock import database_time

log = structlog.get_logger(__name__)

TOLERATED_SECONDS = 5.0
LOOK_SECONDS = 5.0
"""For so long the result of a look at the database's clock is used."""


class Clock:
    """Compares this process's clock with the database's: when it is asked, and the last look is old."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._looking = asyncio.Lock()
        self._looked_at: float | None = None
        self._fault: str | None = None
        self._told_at = 0.0

    async def fault(self) -> str | None:
        """How wrong this clock is, in a sentence; None while it is right. Raises psycopg.Error without PostgreSQL."""
        async with self._looking:
            if self._looked_at is None or time.monotonic() - self._looked_at > LOOK_SECONDS:
                ahead, uncertain = await self._look()
                self._looked_at = time.monotonic()
                self._judge(ahead, uncertain)
            return self._fault

    async def require(self) -> None:
        """Refuse with `SERVICE_UNAVAILABLE` while this clock is wrong."""
        if (fault := await self.fault()) is not None:
            raise Problem("SERVICE_UNAVAILABLE", fault)

    async def _look(self) -> tuple[float, float]:
        """Seconds by which this clock is ahead of the database's, and the error of that: half of the round trip."""
        asked_at = time.time()
        database_at = await self._db.call(database_time)
        answered_at = time.time()
        return (asked_at + answered_at) / 2 - database_at, abs(answered_at - asked_at) / 2

    def _judge(self, ahead: float, uncertain: float) -> None:
        was_right = self._fault is None
        metrics.clock_ahead.labels("database").set(ahead)
        if abs(ahead) - uncertain <= TOLERATED_SECONDS:
            self._fault = None
            if not was_right:
                log.warning("clock_right_again")
            return
        direction = "ahead of" if ahead > 0 else "behind"
        self._fault = f"This process's clock is {abs(ahead):.0f} s {direction} the database's: set it by NTP."
        if was_right or time.monotonic() - self._told_at >= AGAIN_SECONDS:
            self._told_at = time.monotonic()
            log.error("clock_wrong", seconds_ahead=round(ahead, 1))
