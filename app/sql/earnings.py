"""What mitras earn, and what is paid out to them."""

from datetime import datetime
from uuid import UUID

from app.postgres.database import Connection
from app.shapes.earnings import ClosedPeriod, Earnings, OwedEarnings, Payout, PayoutPeriods, Payouts
from app.sql.function import sql_function


@sql_function("api.mitra_earnings")
async def mitra_earnings(
    conn: Connection,
    *,
    mitra_id: UUID,
    from_at: datetime | None,
    to_at: datetime | None,
    limit: int,
    cursor: str | None,
) -> Earnings:
    """Give a page of what a mitra earned, with what is owed and was paid out."""


@sql_function("api.list_owed_earnings")
async def list_owed_earnings(conn: Connection, *, limit: int, cursor: str | None) -> OwedEarnings:
    """Give a page of the mitras to whom something is owed."""


@sql_function("api.list_payouts")
async def list_payouts(
    conn: Connection,
    *,
    status: str | None,
    mitra_id: UUID | None,
    until: datetime | None,
    limit: int,
    cursor: str | None,
) -> Payouts:
    """Give a page of payouts, newest first."""


@sql_function("api.list_payout_periods")
async def list_payout_periods(conn: Connection, *, limit: int, cursor: str | None) -> PayoutPeriods:
    """Give a page of the closed periods, closed last first."""


@sql_function("api.find_payout")
async def find_payout(conn: Connection, *, payout_id: UUID) -> Payout:
    """Give a payout."""


@sql_function("api.close_payout_period")
async def close_payout_period(conn: Connection, *, until: datetime, actor_id: UUID | None) -> ClosedPeriod:
    """Gather what mitras earned until a moment into payouts; a repeat finds the same ones."""


@sql_function("api.gather_payouts")
async def gather_payouts(conn: Connection, *, passed: int = 0) -> bool:
    """Make the next step of a period that has not all of its payouts yet. Returns whether there was one.

    So many of these periods, closed first, are passed over.
    """


@sql_function("api.mark_payout_paid")
async def mark_payout_paid(conn: Connection, *, payout_id: UUID, reference: str, actor_id: UUID | None) -> Payout:
    """Write down that a payout was paid, as a second user says."""


@sql_function("api.mark_payout_failed")
async def mark_payout_failed(conn: Connection, *, payout_id: UUID, reason: str, actor_id: UUID | None) -> Payout:
    """Write down that a payout came to nothing: its earnings are owed again."""


@sql_function("api.hold_payout")
async def hold_payout(conn: Connection, *, payout_id: UUID, reason: str | None, actor_id: UUID | None) -> Payout:
    """Keep a payout from being paid."""


@sql_function("api.release_payout")
async def release_payout(conn: Connection, *, payout_id: UUID, actor_id: UUID | None) -> Payout:
    """Let a held payout be paid; the actor answers for it now."""
