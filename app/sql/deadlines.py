"""What time has made due."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.sql.function import sql_function


class Fired(msgspec.Struct, frozen=True):
    """Due work that was done, and when."""

    kind: str
    id: UUID
    due_at: datetime
    fired_at: datetime

    @property
    def seconds_late(self) -> float:
        """Seconds from when it was due until it was done."""
        return (self.fired_at - self.due_at).total_seconds()


class FailedDeadline(msgspec.Struct, frozen=True):
    """Due work that failed: it is left out until it is tried again, and everything else of its kind goes on."""

    kind: str
    id: UUID
    failures: int
    began_at: datetime
    failed_at: datetime
    again_at: datetime
    error: str


@sql_function("api.run_due")
async def run_due(conn: Connection, *, limit: int, passed: int = 0) -> list[Fired]:
    """Do up to `limit` pieces of due work of one kind, not of the first `passed` kinds; empty when nothing is due."""


@sql_function("api.failed_deadlines")
async def failed_deadlines(conn: Connection) -> list[FailedDeadline]:
    """Give the work that failed and is tried again later, what has failed longest first."""


@sql_function("api.next_deadline", select="SELECT {call} - clock_timestamp()")
async def time_to_next_deadline(conn: Connection, *, within: timedelta | None) -> timedelta | None:
    """Give the time to the nearest deadline within so long, by the database's clock: negative when due, else None."""
