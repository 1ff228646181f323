"""Which listener leads."""

from datetime import datetime

import msgspec

from app.postgres.database import Connection
from app.sql.function import BigInt, sql_function

LISTENER = "listener"
"""The name of the lease that the leading listener holds."""


class Lease(msgspec.Struct, frozen=True):
    """The leader, since when and until when; the last leader when `is_led` is false."""

    holder: str
    epoch: int
    since: datetime
    until: datetime
    is_led: bool


@sql_function("api.take_leadership")
async def take_leadership(
    conn: Connection, *, name: str, holder: str, seconds: float, vacant_seconds: float = 0.0
) -> int | None:
    """Take the lease for `seconds`, if it is free, and has been for `vacant_seconds`.

    Returns its epoch, greater than any before; None when the lease was not taken.
    """


@sql_function("api.renew_leadership")
async def renew_leadership(conn: Connection, *, name: str, epoch: BigInt, seconds: float) -> bool:
    """Hold the lease for `seconds` from now. Returns whether it is still this epoch's."""


@sql_function("api.give_back_leadership")
async def give_back_leadership(conn: Connection, *, name: str, epoch: BigInt) -> None:
    """End the lease, if it is still this epoch's."""


@sql_function("api.leadership")
async def leadership(conn: Connection, *, name: str) -> Lease | None:
    """Give the leader, or the last leader; None when nobody ever led."""
