"""Whether the system as a whole does its work."""

import msgspec

from app.postgres.database import Connection
from app.sql.query import one


class Condition(msgspec.Struct, frozen=True):
    """What SQL can judge. Ages are in seconds, 0 when there is nothing of that kind; `reasons` name what is wrong."""

    is_writable: bool
    event_seconds: float
    deadline_seconds: float
    search_seconds: float
    vacant_seconds: float
    transaction_seconds: float
    queue_usage: float
    reasons: list[str]


async def condition(conn: Connection) -> Condition:
    """How the system does. Source: api.condition."""
    return await one(conn, Condition, "SELECT * FROM api.condition()")
