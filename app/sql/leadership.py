"""Who leads the listeners."""

from datetime import datetime

import msgspec

from app.postgres.database import Connection
from app.sql.query import maybe, value

LISTENER = "listener"
"""What is led by one listener at a time: the name of its lease."""


class Lease(msgspec.Struct, frozen=True):
    """Who leads, since when and until when; who led last when `is_led` is false."""

    holder: str
    epoch: int
    since: datetime
    until: datetime
    is_led: bool


async def take_leadership(
    conn: Connection, *, name: str, holder: str, seconds: float, vacant_seconds: float = 0.0
) -> int | None:
    """The epoch of a lease just taken, greater than any before; None while it is not to be had.

    Source: api.take_leadership.
    """
    epoch: int | None = await value(
        conn,
        "SELECT api.take_leadership(p_name => %(name)s, p_holder => %(holder)s, p_seconds => %(seconds)s,"
        " p_vacant_seconds => %(vacant_seconds)s)",
        {"name": name, "holder": holder, "seconds": seconds, "vacant_seconds": vacant_seconds},
    )
    return epoch


async def renew_leadership(conn: Connection, *, name: str, epoch: int, seconds: float) -> bool:
    """Whether the lease is still this epoch's, and now lasts `seconds` more. Source: api.renew_leadership."""
    renewed: bool = await value(
        conn,
        "SELECT api.renew_leadership(p_name => %(name)s, p_epoch => %(epoch)s, p_seconds => %(seconds)s)",
        {"name": name, "epoch": epoch, "seconds": seconds},
    )
    return renewed


async def give_back_leadership(conn: Connection, *, name: str, epoch: int) -> None:
    """End the lease, if it is still this epoch's. Source: api.give_back_leadership."""
    await value(
        conn,
        "SELECT api.give_back_leadership(p_name => %(name)s, p_epoch => %(epoch)s)",
        {"name": name, "epoch": epoch},
    )


async def leadership(conn: Connection, *, name: str) -> Lease | None:
    """Who leads, or led last; None when nobody ever did. Source: api.leadership."""
    return await maybe(conn, Lease, "SELECT * FROM api.leadership(p_name => %(name)s)", {"name": name})
