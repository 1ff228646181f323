"""What the listener looks after besides: partitions, old rows, clocks shown to people, the notification queue."""

from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.sql.query import one, rows, value


class PaymentSweep(msgspec.Struct, frozen=True):
    """How many payment requests a sweep expired, failed, and started pairing for again."""

    expired: int
    failed: int
    reconciled: int


class RunningClock(msgspec.Struct, frozen=True):
    """A running clock as a frame, and the two who watch it."""

    session_id: UUID
    customer_id: UUID
    mitra_id: UUID
    frame: msgspec.Raw


class EndedSession(msgspec.Struct, frozen=True):
    """A session that was ended, and what it was doing."""

    pid: int
    role: str
    application_name: str
    state: str


async def expire_stale_payment_requests(conn: Connection) -> PaymentSweep:
    """The safety net under payments. Source: api.expire_stale_payment_requests."""
    return await one(conn, PaymentSweep, "SELECT * FROM api.expire_stale_payment_requests()")


async def maintain_partitions(conn: Connection) -> list[str]:
    """Make the partitions of the coming days, drop those of retention's past. Source: api.maintain_partitions."""
    changed: list[str] | None = await value(conn, "SELECT api.maintain_partitions()")
    return changed or []


async def prune(conn: Connection) -> None:
    """Delete what has expired for good. Source: api.prune."""
    await value(conn, "SELECT api.prune()")


async def session_timers(conn: Connection, *, after: UUID | None, limit: int) -> list[RunningClock]:
    """The running clocks of the next `limit` sessions by id. Source: api.session_timers."""
    return await rows(
        conn,
        RunningClock,
        "SELECT * FROM api.session_timers(p_after => %(after)s, p_limit => %(limit)s::integer)",
        {"after": after, "limit": limit},
    )


async def notification_queue_usage(conn: Connection) -> float:
    """The fraction of PostgreSQL's notification queue in use; asking also lets it forget what all have read."""
    used: float = await value(conn, "SELECT pg_notification_queue_usage()")
    return used


async def end_stuck_sessions(conn: Connection, *, seconds: float) -> list[EndedSession]:
    """End sessions of our roles that only wait for their client, for so long. Source: api.end_stuck_sessions."""
    return await rows(
        conn, EndedSession, "SELECT * FROM api.end_stuck_sessions(p_seconds => %(seconds)s)", {"seconds": seconds}
    )
