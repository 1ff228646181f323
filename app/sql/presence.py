"""Whether the parties of open sessions are there."""

from datetime import datetime
from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.shapes.sessions import Session
from app.sql.query import one, rows, value


class WatchedSession(msgspec.Struct, frozen=True):
    """An open session and who takes part in it."""

    session_id: UUID
    customer_id: UUID
    mitra_id: UUID | None
    as_of: datetime


class PresenceNews(msgspec.Struct, frozen=True):
    """What `recipient` (`<user_type>:<uuid>`) is told of the other `party`."""

    recipient: str
    party: str
    state: str
    frame: msgspec.Raw


async def watched_sessions(conn: Connection, *, after: UUID | None, limit: int) -> list[WatchedSession]:
    """The open sessions, by customer after `after`. Source: api.watched_sessions."""
    return await rows(
        conn,
        WatchedSession,
        "SELECT * FROM api.watched_sessions(p_after => %(after)s, p_limit => %(limit)s::integer)",
        {"after": after, "limit": limit},
    )


async def note_presence(
    conn: Connection,
    *,
    session_ids: list[UUID],
    parties: list[str],
    user_ids: list[UUID],
    connected: list[bool],
    is_first_look: bool,
    as_of: datetime,
) -> list[PresenceNews]:
    """Note what the leases say of these parties, and get what is to be told of it. Source: api.note_presence."""
    return await rows(
        conn,
        PresenceNews,
        """
        SELECT * FROM api.note_presence(
            %(session_ids)s, %(parties)s, %(user_ids)s, %(connected)s, %(is_first_look)s, %(as_of)s)
        """,
        {
            "session_ids": session_ids,
            "parties": parties,
            "user_ids": user_ids,
            "connected": connected,
            "is_first_look": is_first_look,
            "as_of": as_of,
        },
    )


async def note_connected(conn: Connection, *, recipients: list[str]) -> None:
    """Say for 45 seconds that these users have sockets, though no lease does. Source: api.note_connected."""
    await value(conn, "SELECT api.note_connected(p_recipients => %(recipients)s)", {"recipients": recipients})


async def ask_for_another_mitra(conn: Connection, *, session_id: UUID, customer_id: UUID) -> Session:
    """Leave a mitra that is gone for another one. Source: api.ask_for_another_mitra."""
    return await one(
        conn,
        Session,
        "SELECT api.ask_for_another_mitra(%(session_id)s, %(customer_id)s)",
        {"session_id": session_id, "customer_id": customer_id},
    )
