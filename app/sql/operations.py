"""Sessions as operators see them, why they were paired or not, and what operators do about it."""

from uuid import UUID

from app.postgres.database import Connection
from app.shapes.control_centre import FailedPairings, PairingExplanation, SessionDetails, SessionOverviews, Timeline
from app.shapes.sessions import Session
from app.sql.query import one


async def list_all_sessions(
    conn: Connection, *, status: str | None, limit: int, cursor: str | None, actor_id: UUID | None
) -> SessionOverviews:
    """Give a page of everybody's sessions, as the actor may see them. Source: api.list_all_sessions."""
    return await one(
        conn,
        SessionOverviews,
        """
        SELECT api.list_all_sessions(
            p_status => %(status)s, p_limit => %(limit)s::integer, p_cursor => %(cursor)s, p_actor_id => %(actor_id)s)
        """,
        {"status": status, "limit": limit, "cursor": cursor, "actor_id": actor_id},
    )


async def find_session(conn: Connection, *, session_id: UUID, actor_id: UUID | None) -> SessionDetails:
    """Give any session with its payment requests, as the actor may see it. Source: api.find_session."""
    return await one(
        conn,
        SessionDetails,
        "SELECT api.find_session(p_session_id => %(session_id)s, p_actor_id => %(actor_id)s)",
        {"session_id": session_id, "actor_id": actor_id},
    )


async def session_timeline(conn: Connection, *, session_id: UUID) -> Timeline:
    """Give all that happened to a session. Source: api.session_timeline."""
    return await one(
        conn,
        Timeline,
        "SELECT api.session_timeline(p_session_id => %(session_id)s)",
        {"session_id": session_id},
    )


async def explain_pairing(conn: Connection, *, session_id: UUID) -> PairingExplanation:
    """Give why each mitra was offered the session or not. Source: api.explain_pairing."""
    return await one(
        conn,
        PairingExplanation,
        "SELECT api.explain_pairing(p_session_id => %(session_id)s)",
        {"session_id": session_id},
    )


async def reroute_session(conn: Connection, *, session_id: UUID, actor_id: UUID | None) -> Session:
    """Take a session from its mitra and look for another. Source: api.reroute_session."""
    return await one(
        conn,
        Session,
        "SELECT api.reroute_session(p_session_id => %(session_id)s, p_actor_id => %(actor_id)s)",
        {"session_id": session_id, "actor_id": actor_id},
    )


async def list_failed_pairings(
    conn: Connection, *, cause: str | None, limit: int, cursor: str | None
) -> FailedPairings:
    """Give a page of what came to nothing, newest first. Source: api.list_failed_pairings."""
    return await one(
        conn,
        FailedPairings,
        """
        SELECT api.list_failed_pairings(
            p_cause => %(cause)s, p_limit => %(limit)s::integer, p_cursor => %(cursor)s)
        """,
        {"cause": cause, "limit": limit, "cursor": cursor},
    )
