"""What the leading listener measures of the machinery, and writes down for operators."""

import msgspec

from app.postgres.database import Connection
from app.sql.function import Json, sql_function


class HeldHorizon(msgspec.Struct, frozen=True):
    """For how long, and how many transactions, dead rows could not be vacuumed, and how many there are."""

    held_seconds: float
    transactions: int
    dead_rows: int


@sql_function("api.horizon")
async def horizon(conn: Connection) -> HeldHorizon:
    """Say for how long the horizon has been held."""


@sql_function("api.record_sweeps")
async def record_sweeps(conn: Connection, *, runs: Json) -> None:
    """Write down how the last runs of sweeps went."""
