"""Sessions as their parties see them, and what the parties do to them."""

from uuid import UUID

from app.postgres.database import Connection
from app.shapes.sessions import Rating, Session, SessionInfo, Sessions
from app.sql.function import sql_function


@sql_function("api.session_info")
async def session_info(conn: Connection, *, session_id: UUID, user_type: str, user_id: UUID) -> SessionInfo:
    """Give all that an app needs to know of a session when it comes back."""


@sql_function("api.list_sessions")
async def list_sessions(conn: Connection, *, user_type: str, user_id: UUID, limit: int, cursor: str | None) -> Sessions:
    """Give a page of a party's sessions, newest first."""


@sql_function("api.cancel_session")
async def cancel_session(conn: Connection, *, session_id: UUID, customer_id: UUID) -> Session:
    """The customer stops waiting for a mitra."""


@sql_function("api.end_session")
async def end_session(conn: Connection, *, session_id: UUID, user_type: str, user_id: UUID, no_reply: bool) -> Session:
    """A party ends the session; the customer perhaps because the mitra never wrote."""


@sql_function("api.set_topic_sensitivity")
async def set_topic_sensitivity(
    conn: Connection, *, session_id: UUID, mitra_id: UUID, topic_sensitivity: str
) -> Session:
    """The mitra says how delicate the topic is."""


@sql_function("api.rate_session")
async def rate_session(
    conn: Connection, *, session_id: UUID, customer_id: UUID, rating: int, comment: str | None
) -> Rating:
    """The customer rates the session, once."""
