"""Blocks and reports."""

from datetime import datetime
from uuid import UUID

from app.postgres.database import Connection
from app.shapes.reports import Blocked, ReportDetails, ReportMade, Reports
from app.sql.function import sql_function


@sql_function("api.block_other_party")
async def block_other_party(conn: Connection, *, session_id: UUID, user_type: str, user_id: UUID) -> Blocked:
    """A party of a session does not want to meet the other again."""


@sql_function("api.unblock_other_party")
async def unblock_other_party(conn: Connection, *, session_id: UUID, user_type: str, user_id: UUID) -> None:
    """A party takes its block back."""


@sql_function("api.report_other_party")
async def report_other_party(
    conn: Connection, *, session_id: UUID, user_type: str, user_id: UUID, reason: str, comment: str | None
) -> ReportMade:
    """A party tells the control centre of the other."""


@sql_function("api.list_reports")
async def list_reports(
    conn: Connection,
    *,
    status: str | None,
    reported_by: str | None,
    mitra_id: UUID | None,
    customer_id: UUID | None,
    from_at: datetime | None,
    to_at: datetime | None,
    limit: int,
    cursor: str | None,
) -> Reports:
    """Give a page of reports, newest first."""


@sql_function("api.find_report")
async def find_report(conn: Connection, *, report_id: UUID) -> ReportDetails:
    """Give a report with its notes."""


@sql_function("api.note_report")
async def note_report(conn: Connection, *, report_id: UUID, note: str, actor_id: UUID | None) -> ReportDetails:
    """An operator writes something down about a report."""


@sql_function("api.decide_report")
async def decide_report(conn: Connection, *, report_id: UUID, outcome: str, actor_id: UUID | None) -> ReportDetails:
    """An operator decides a report."""
