"""One user's stored events and messages, read from PostgreSQL."""

import contextlib
from collections.abc import Sequence
from uuid import UUID

import psycopg

from app.postgres.database import Database
from app.sql import events, messages, sessions
from app.sql.events import StoredEvent, StreamPosition


class UserStream:
    """One user's stored events and messages in PostgreSQL."""

    __slots__ = ("_db", "_user_id", "_user_type")

    def __init__(self, db: Database, user_type: str, user_id: UUID) -> None:
        self._db = db
        self._user_type = user_type
        self._user_id = user_id

    async def position(self, login: UUID | None = None) -> StreamPosition:
        """The number of the newest event, the number up to which events were removed, and whether this login ended."""
        return await self._db.call(
            events.stream_position, user_type=self._user_type, user_id=self._user_id, auth_session_id=login
        )

    async def after(self, seq: int, limit: int) -> Sequence[StoredEvent]:
        """The events after a number, in order."""
        return await self._db.call(
            events.events_after, user_type=self._user_type, user_id=self._user_id, after_seq=seq, limit=limit
        )

    async def last_message(self, session_id: UUID) -> int:
        """The number of a session's newest message."""
        session = await self._db.call(
            sessions.session_info, session_id=session_id, user_type=self._user_type, user_id=self._user_id
        )
        return session.last_seq

    async def messages(self, session_id: UUID, seq: int, limit: int) -> Sequence[StoredEvent]:
        """A session's messages after a number, in order."""
        return await self._db.call(
            messages.messages_after,
            session_id=session_id,
            user_type=self._user_type,
            user_id=self._user_id,
            after_seq=seq,
            limit=limit,
        )

    async def note_seen(self) -> None:
        """Note that the user's device asked for what it missed: a mitra's sign of life. A failure does no harm."""
        if self._user_type == "mitra":
            with contextlib.suppress(psycopg.Error):
                await self._db.call(events.note_seen, mitra_id=self._user_id)
