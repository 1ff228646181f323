"""Extensions: a customer pays to go on, a mitra answers, silence is settled."""

from datetime import datetime
from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.shapes.sessions import Extension
from app.sql.function import BigInt, sql_function


class DueExtension(msgspec.Struct, frozen=True):
    """An extension that its mitra did not answer in time."""

    extension_id: UUID
    mitra_id: UUID
    expires_at: datetime


@sql_function("api.request_extension")
async def request_extension(
    conn: Connection,
    *,
    session_id: UUID,
    customer_id: UUID,
    duration_minutes: int,
    price: BigInt,
    extension_payment_request_id: UUID,
) -> Extension:
    """Ask the mitra for more minutes, which a confirmed extension payment has paid."""


@sql_function("api.respond_to_extension")
async def respond_to_extension(
    conn: Connection, *, extension_id: UUID, session_id: UUID, mitra_id: UUID, accepted: bool
) -> Extension:
    """Say yes or no to an extension."""


@sql_function("api.overdue_extensions")
async def overdue_extensions(
    conn: Connection, *, limit: int, after_expiry: datetime | None = None, after_id: UUID | None = None
) -> list[DueExtension]:
    """Give a page of extensions whose time to answer is over, the longest overdue first."""


@sql_function("api.settle_extension")
async def settle_extension(conn: Connection, *, extension_id: UUID, connected: bool | None) -> Extension:
    """Settle an extension without an answer; `connected` is whether the mitra is there, None when nobody can tell."""
