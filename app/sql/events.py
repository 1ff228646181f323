"""The outbox, and the streams of its events."""

from datetime import datetime
from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.sql.function import BigInt, sql_function


class StreamPosition(msgspec.Struct, frozen=True):
    """The newest number of a user's stream, and the number up to which old events were deleted."""

    last_seq: int
    floor_seq: int
    signed_out: bool
    """Whether the login that was asked about has ended."""


class StoredEvent(msgspec.Struct, frozen=True):
    """One frame of a stream, and its number there."""

    seq: int
    frame: msgspec.Raw


class RecipientEvent(msgspec.Struct, frozen=True):
    """One frame, its stream (`<user_type>:<uuid>`) and its number there."""

    recipient: str
    seq: int
    frame: msgspec.Raw


class ClaimedEvent(msgspec.Struct, frozen=True):
    """One frame to dispatch, its stream and its number there."""

    recipient: str
    seq: int
    frame: msgspec.Raw
    created_at: datetime


class EventTrace(msgspec.Struct, frozen=True):
    """The trace to which an event of a stream belongs."""

    recipient: str
    seq: int
    traceparent: str


class Looked(msgspec.Struct, frozen=True):
    """Snapshots of the database: what `since` saw is dispatched, and `looked` is that of the last look."""

    since: str | None = None
    looked: str | None = None


@sql_function("api.claim_events")
async def claim_events(conn: Connection, *, limit: int, since: str | None = None) -> list[ClaimedEvent]:
    """Claim streams until the transaction ends, and give their frames by recipient and seq."""


@sql_function("api.event_traces")
async def event_traces(conn: Connection, *, recipients: list[str], seqs: list[BigInt]) -> list[EventTrace]:
    """Give the traces of those of these events that have one."""


@sql_function("api.confirm_dispatched")
async def confirm_dispatched(
    conn: Connection, *, recipients: list[str], seqs: list[BigInt], since: str | None = None
) -> None:
    """Note up to which number Valkey took the frames of each stream, in the transaction of the claim."""


@sql_function("api.note_dispatched")
async def note_dispatched(conn: Connection, *, since: str | None, looked: str | None) -> Looked:
    """Give where the next look begins, from the last answer; at first, and after a fault, from nothing."""


@sql_function("api.stream_position")
async def stream_position(
    conn: Connection, *, user_type: str, user_id: UUID, auth_session_id: UUID | None = None
) -> StreamPosition:
    """Give where a user's stream stands, and whether this login of the user has ended."""


@sql_function("api.events_after")
async def events_after(
    conn: Connection, *, user_type: str, user_id: UUID, after_seq: BigInt, limit: int
) -> list[StoredEvent]:
    """Give a user's frames after a number, in order."""


@sql_function("api.new_events")
async def new_events(conn: Connection, *, recipients: list[str], after_seqs: list[BigInt]) -> list[RecipientEvent]:
    """Give the frames after each recipient's number, by recipient and seq."""


@sql_function("api.note_seen")
async def note_seen(conn: Connection, *, mitra_id: UUID) -> None:
    """Note a sign of life: a socket of the mitra asked for what it missed."""
