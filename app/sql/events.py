"""The outbox and the streams it numbers."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.sql.query import one, rows, value


class StreamPosition(msgspec.Struct, frozen=True):
    """The newest number of a user's stream, and the one up to which retention took the events."""

    last_seq: int
    floor_seq: int
    signed_out: bool
    """Whether the login that was asked about has ended."""


class StoredEvent(msgspec.Struct, frozen=True):
    """One numbered frame of a known user, as JSON."""

    seq: int
    frame: msgspec.Raw


class RecipientEvent(msgspec.Struct, frozen=True):
    """One numbered frame and whose it is, `<user_type>:<uuid>`."""

    recipient: str
    seq: int
    frame: msgspec.Raw


class ClaimedEvent(msgspec.Struct, frozen=True):
    """One frame to be dispatched."""

    recipient: str
    seq: int
    frame: msgspec.Raw
    created_at: datetime


async def claim_events(conn: Connection, *, limit: int) -> list[ClaimedEvent]:
    """Claim streams until the transaction ends; their frames by recipient and seq. Source: api.claim_events."""
    return await rows(
        conn, ClaimedEvent, "SELECT * FROM api.claim_events(p_limit => %(limit)s::integer)", {"limit": limit}
    )


async def confirm_dispatched(conn: Connection, *, recipients: Sequence[str], seqs: Sequence[int]) -> None:
    """Move claimed streams to what Valkey took, in the claim's transaction. Source: api.confirm_dispatched."""
    await value(
        conn,
        "SELECT api.confirm_dispatched(p_recipients => %(recipients)s, p_seqs => %(seqs)s::bigint[])",
        {"recipients": list(recipients), "seqs": list(seqs)},
    )


async def stream_position(
    conn: Connection, *, user_type: str, user_id: UUID, auth_session_id: UUID | None = None
) -> StreamPosition:
    """Where a user's stream stands, and whether a login of the user's has ended. Source: api.stream_position."""
    return await one(
        conn,
        StreamPosition,
        """
        SELECT * FROM api.stream_position(
            p_user_type => %(user_type)s, p_user_id => %(user_id)s, p_auth_session_id => %(auth_session_id)s)
        """,
        {"user_type": user_type, "user_id": user_id, "auth_session_id": auth_session_id},
    )


async def events_after(
    conn: Connection, *, user_type: str, user_id: UUID, after_seq: int, limit: int
) -> list[StoredEvent]:
    """A user's frames after a number, in order. Source: api.events_after."""
    return await rows(
        conn,
        StoredEvent,
        """
        SELECT * FROM api.events_after(
            p_user_type => %(user_type)s, p_user_id => %(user_id)s,
            p_after_seq => %(after_seq)s::bigint, p_limit => %(limit)s::integer)
        """,
        {"user_type": user_type, "user_id": user_id, "after_seq": after_seq, "limit": limit},
    )


async def new_events(conn: Connection, *, recipients: Sequence[str], after_seqs: Sequence[int]) -> list[RecipientEvent]:
    """What came after each recipient's number, by recipient and seq. Source: api.new_events."""
    return await rows(
        conn,
        RecipientEvent,
        "SELECT * FROM api.new_events(p_recipients => %(recipients)s, p_after_seqs => %(after_seqs)s::bigint[])",
        {"recipients": list(recipients), "after_seqs": list(after_seqs)},
    )


async def note_seen(conn: Connection, *, mitra_id: UUID) -> None:
    """A mitra's socket asked for what it missed. Source: api.note_seen."""
    await value(conn, "SELECT api.note_seen(p_mitra_id => %(mitra_id)s)", {"mitra_id": mitra_id})
