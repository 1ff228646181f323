"""Who leads the listeners."""

from app.database import Connection
from app.sql.query import value


async def try_lead(conn: Connection, *, name: str) -> bool:
    """Take the advisory lock of `name` for this session, unless another session holds it."""
    taken: bool = await value(conn, "SELECT pg_try_advisory_lock(hashtextextended(%(name)s, 0))", {"name": name})
    return taken


async def take_leadership(conn: Connection, *, name: str, holder: str) -> int:
    """The epoch of a leadership just taken, greater than any before. Source: api.take_leadership."""
    epoch: int = await value(
        conn,
        "SELECT api.take_leadership(p_name => %(name)s, p_holder => %(holder)s)",
        {"name": name, "holder": holder},
    )
    return epoch


async def leader_epoch(conn: Connection, *, name: str) -> int | None:
    """The present epoch of `name`; None when nobody ever led. Source: api.leader_epoch."""
    epoch: int | None = await value(conn, "SELECT api.leader_epoch(p_name => %(name)s)", {"name": name})
    return epoch
