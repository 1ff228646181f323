"""Everything about oneself: asked for by customers and mitras, made by the listener step by step."""

from uuid import UUID

from app.postgres.database import Connection
from app.shapes.accounts import DataExport, DataExportState
from app.sql.function import sql_function


@sql_function("api.request_data_export")
async def request_data_export(conn: Connection, *, user_type: str, user_id: UUID) -> DataExportState:
    """Ask for everything about oneself, once a day."""


@sql_function("api.data_export")
async def data_export(conn: Connection, *, user_type: str, user_id: UUID) -> DataExport:
    """Give one's own last export."""


@sql_function("api.claim_data_export")
async def claim_data_export(conn: Connection) -> UUID | None:
    """Take the export that has waited longest; it is set aside until its step succeeds."""


@sql_function("api.make_data_export")
async def make_data_export(conn: Connection, *, export_id: UUID, limit: int) -> bool:
    """Copy the next `limit` rows into an export. Returns whether there are more."""
