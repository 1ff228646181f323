"""Extensions: a customer pays to go on, a mitra answers, silence is settled."""

from datetime import datetime
from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.shapes.sessions import Extension
from app.sql.query import one, rows


class DueExtension(msgspec.Struct, frozen=True):
    """An extension past its deadline, and the mitra who said nothing."""

    extension_id: UUID
    mitra_id: UUID
    expires_at: datetime


async def request_extension(
    conn: Connection,
    *,
    session_id: UUID,
    customer_id: UUID,
    duration_minutes: int,
    price: int,
    payment_request_id: UUID,
) -> Extension:
    """Ask the mitra to go on, with a confirmed extension payment. Source: api.request_extension."""
    return await one(
        conn,
        Extension,
        """
        SELECT api.request_extension(
            p_session_id => %(session_id)s, p_customer_id => %(customer_id)s,
            p_duration_minutes => %(duration_minutes)s::integer, p_price => %(price)s::bigint,
            p_extension_payment_request_id => %(payment_request_id)s)
        """,
        {
            "session_id": session_id,
            "customer_id": customer_id,
            "duration_minutes": duration_minutes,
            "price": price,
            "payment_request_id": payment_request_id,
        },
    )


async def respond_to_extension(
    conn: Connection, *, extension_id: UUID, session_id: UUID, mitra_id: UUID, accepted: bool
) -> Extension:
    """Say yes or no to an extension. Source: api.respond_to_extension."""
    return await one(
        conn,
        Extension,
        """
        SELECT api.respond_to_extension(
            p_extension_id => %(extension_id)s, p_session_id => %(session_id)s, p_mitra_id => %(mitra_id)s,
            p_accepted => %(accepted)s)
        """,
        {"extension_id": extension_id, "session_id": session_id, "mitra_id": mitra_id, "accepted": accepted},
    )


async def overdue_extensions(
    conn: Connection, *, limit: int, after_expiry: datetime | None = None, after_id: UUID | None = None
) -> list[DueExtension]:
    """Extensions whose time to answer is over, longest overdue first, page by page. Source: api.overdue_extensions."""
    return await rows(
        conn,
        DueExtension,
        """
        SELECT * FROM api.overdue_extensions(
            p_limit => %(limit)s::integer, p_after_expiry => %(after_expiry)s::timestamptz,
            p_after_id => %(after_id)s::uuid)
        """,
        {"limit": limit, "after_expiry": after_expiry, "after_id": after_id},
    )


async def settle_extension(conn: Connection, *, extension_id: UUID, connected: bool | None) -> Extension:
    """Settle the silence about an extension; None: nobody can tell whether the mitra is there.

    Source: api.settle_extension.
    """
    return await one(
        conn,
        Extension,
        "SELECT api.settle_extension(p_extension_id => %(extension_id)s, p_connected => %(connected)s::boolean)",
        {"extension_id": extension_id, "connected": connected},
    )
