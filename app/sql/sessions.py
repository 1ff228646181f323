"""Chat sessions as their parties see and end them."""

from uuid import UUID

from app.postgres.database import Connection
from app.shapes.sessions import Rating, Session, SessionInfo, Sessions
from app.sql.query import one


async def session_info(conn: Connection, *, session_id: UUID, user_type: str, user_id: UUID) -> SessionInfo:
    """Give all that a reconnecting app needs to know of a session. Source: api.session_info."""
    return await one(
        conn,
        SessionInfo,
        """
        SELECT api.session_info(
            p_session_id => %(session_id)s, p_user_type => %(user_type)s, p_user_id => %(user_id)s)
        """,
        {"session_id": session_id, "user_type": user_type, "user_id": user_id},
    )


async def list_sessions(conn: Connection, *, user_type: str, user_id: UUID, limit: int, cursor: str | None) -> Sessions:
    """Give a page of a party's sessions, newest first. Source: api.list_sessions."""
    return await one(
        conn,
        Sessions,
        """
        SELECT api.list_sessions(
            p_user_type => %(user_type)s, p_user_id => %(user_id)s,
            p_limit => %(limit)s::integer, p_cursor => %(cursor)s)
        """,
        {"user_type": user_type, "user_id": user_id, "limit": limit, "cursor": cursor},
    )


async def cancel_session(conn: Connection, *, session_id: UUID, customer_id: UUID) -> Session:
    """The customer stops waiting for a mitra. Source: api.cancel_session."""
    return await one(
        conn,
        Session,
        "SELECT api.cancel_session(p_session_id => %(session_id)s, p_customer_id => %(customer_id)s)",
        {"session_id": session_id, "customer_id": customer_id},
    )


async def end_session(conn: Connection, *, session_id: UUID, user_type: str, user_id: UUID) -> Session:
    """A party ends the session. Source: api.end_session."""
    return await one(
        conn,
        Session,
        """
        SELECT api.end_session(
            p_session_id => %(session_id)s, p_user_type => %(user_type)s, p_user_id => %(user_id)s)
        """,
        {"session_id": session_id, "user_type": user_type, "user_id": user_id},
    )


async def set_topic_sensitivity(
    conn: Connection, *, session_id: UUID, mitra_id: UUID, topic_sensitivity: str
) -> Session:
    """The mitra says how delicate the topic is. Source: api.set_topic_sensitivity."""
    return await one(
        conn,
        Session,
        """
        SELECT api.set_topic_sensitivity(
            p_session_id => %(session_id)s, p_mitra_id => %(mitra_id)s, p_topic_sensitivity => %(topic_sensitivity)s)
        """,
        {"session_id": session_id, "mitra_id": mitra_id, "topic_sensitivity": topic_sensitivity},
    )


async def rate_session(
    conn: Connection, *, session_id: UUID, customer_id: UUID, rating: int, comment: str | None
) -> Rating:
    """The customer rates the session, once. Source: api.rate_session."""
    return await one(
        conn,
        Rating,
        """
        SELECT api.rate_session(
            p_session_id => %(session_id)s, p_customer_id => %(customer_id)s,
            p_rating => %(rating)s::integer, p_comment => %(comment)s)
        """,
        {"session_id": session_id, "customer_id": customer_id, "rating": rating, "comment": comment},
    )
