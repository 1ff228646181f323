"""Whether the parties of open sessions are connected."""

from datetime import datetime
from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.shapes.sessions import Session
from app.sql.function import sql_function


class WatchedSession(msgspec.Struct, frozen=True):
    """An open session and who takes part in it."""

    session_id: UUID
    customer_id: UUID
    mitra_id: UUID | None
    as_of: datetime


class PresenceNews(msgspec.Struct, frozen=True):
    """A frame that tells `recipient` (`<user_type>:<uuid>`) about the other `party`."""

    recipient: str
    party: str
    state: str
    frame: msgspec.Raw


@sql_function("api.watched_sessions")
async def watched_sessions(conn: Connection, *, after: UUID | None, limit: int) -> list[WatchedSession]:
    """Give the open sessions of the next customers by id, after `after`."""


@sql_function("api.note_presence")
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
    """Note which of these parties have a lease, and give the frames that tell of it."""


@sql_function("api.note_connected")
async def note_connected(conn: Connection, *, recipients: list[str]) -> None:
    """Note that these users have sockets for the next 45 s, though they have no lease."""


@sql_function("api.ask_for_another_mitra")
async def ask_for_another_mitra(conn: Connection, *, session_id: UUID, customer_id: UUID) -> Session:
    """Search for another mitra, because the mitra is gone."""
