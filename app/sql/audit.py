"""The audit log."""

from datetime import datetime
from uuid import UUID

from app.postgres.database import Connection
from app.shapes.audit import AuditEntries
from app.sql.function import Json, sql_function


@sql_function("api.list_audit_log")
async def list_audit_log(
    conn: Connection,
    *,
    actor: str | None,
    action: str | None,
    subject: str | None,
    from_at: datetime | None,
    to_at: datetime | None,
    limit: int,
    cursor: str | None,
    actor_id: UUID,
    with_reads: bool | None,
) -> AuditEntries:
    """Give a page of the audit log, newest first."""


@sql_function("api.note_export")
async def note_export(conn: Connection, *, subject: str, filters: Json, actor_id: UUID) -> None:
    """Write down that a list was given out as CSV."""
