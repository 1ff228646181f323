"""What else the listener looks after: partitions, old rows, the clocks of sessions, the notification queue."""

from datetime import datetime
from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.sql.function import BigInt, sql_function
from app.sql.query import value


class PaymentSweep(msgspec.Struct, frozen=True):
    """How many payment requests a sweep expired, counted as failed, and began the search of."""

    expired: int
    failed: int
    reconciled: int


class RunningClock(msgspec.Struct, frozen=True):
    """The running clock of a session as a frame, and its two parties."""

    session_id: UUID
    customer_id: UUID
    mitra_id: UUID
    frame: msgspec.Raw


class SearchedFor(msgspec.Struct, frozen=True):
    """How a search gets on as a frame, its customer, and since when it waits."""

    session_id: UUID
    customer_id: UUID
    began_at: datetime
    frame: msgspec.Raw


class EndedSession(msgspec.Struct, frozen=True):
    """A session of PostgreSQL that was ended, and what it was doing."""

    pid: int
    role: str
    application_name: str
    state: str


@sql_function("api.expire_stale_payment_requests")
async def expire_stale_payment_requests(conn: Connection) -> PaymentSweep:
    """Do the due work of payments that nothing else did."""


@sql_function("api.maintain_partitions", select="SELECT unnest({call})")
async def maintain_partitions(conn: Connection) -> list[str]:
    """Make the partitions of the next days. Returns which."""


@sql_function("api.old_partitions")
async def old_partitions(conn: Connection) -> list[str]:
    """Give the partitions that are too old."""


@sql_function("api.raise_floors")
async def raise_floors(conn: Connection, *, partition: str, after: str, limit: int) -> str | None:
    """Note that the events of an old partition are gone, for the next `limit` streams; the last of them, if any."""


@sql_function("api.drop_partition")
async def drop_partition(conn: Connection, *, partition: str) -> str:
    """Drop an old partition, or say why not."""


@sql_function("api.mark_low_water")
async def mark_low_water(conn: Connection, *, anew: bool, notes: BigInt | None) -> BigInt:
    """Note from where looks begin; `anew`: after a look at everything. Returns `notes` for the next call."""


@sql_function("api.prune_parts")
async def prune_parts(conn: Connection) -> list[str]:
    """Give the names of what is pruned."""


@sql_function("api.prune")
async def prune(conn: Connection, *, part: str, limit: int) -> int:
    """Delete up to `limit` old rows of a part, which nothing asks for any more; how many."""


@sql_function("api.session_timers")
async def session_timers(conn: Connection, *, after: UUID | None, limit: int) -> list[RunningClock]:
    """Give the running clocks of the next `limit` sessions by id."""


@sql_function("api.search_progresses")
async def search_progresses(
    conn: Connection, *, after_began: datetime | None, after_id: UUID | None, passed: int, limit: int
) -> list[SearchedFor]:
    """Give the next searches that wait, longest first, `passed` of which came before."""


async def notification_queue_usage(conn: Connection) -> float:
    """Give the fraction of PostgreSQL's notification queue in use. To ask also frees what everybody has read."""
    used: float = await value(conn, "SELECT pg_notification_queue_usage()")
    return used


@sql_function("api.end_stuck_sessions")
async def end_stuck_sessions(conn: Connection, *, seconds: float) -> list[EndedSession]:
    """End the sessions of our roles in PostgreSQL that have waited for their client for `seconds`."""
