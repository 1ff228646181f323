"""What time has made due."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.sql.query import rows, value


class Fired(msgspec.Struct, frozen=True):
    """Something that was due, of one kind, and when it was moved."""

    kind: str
    id: UUID
    due_at: datetime
    fired_at: datetime

    @property
    def seconds_late(self) -> float:
        """Seconds from when it was due until it was moved."""
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


async def run_due(conn: Connection, *, limit: int, passed: int = 0) -> list[Fired]:
    """Move up to `limit` due rows of one kind, not of the first `passed`; empty when none is. Source: api.run_due."""
    return await rows(
        conn,
        Fired,
        "SELECT * FROM api.run_due(p_limit => %(limit)s::integer, p_passed => %(passed)s::integer)",
        {"limit": limit, "passed": passed},
    )


async def failed_deadlines(conn: Connection) -> list[FailedDeadline]:
    """What failed and is tried again later, longest first. Source: api.failed_deadlines."""
    return await rows(conn, FailedDeadline, "SELECT * FROM api.failed_deadlines()")


async def time_to_next_deadline(conn: Connection) -> timedelta | None:
    """How far away the nearest deadline is by the database's clock; negative when due. Source: api.next_deadline."""
    left: timedelta | None = await value(conn, "SELECT api.next_deadline() - clock_timestamp()")
    return left
