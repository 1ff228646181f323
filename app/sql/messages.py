"""What the parties of a session say to each other, and how far they have received and read it."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from psycopg.pq import TransactionStatus

from app.postgres.database import Connection
from app.shapes.messages import Messages
from app.shapes.sessions import PartyType
from app.sql.events import StoredEvent
from app.sql.query import one, rows


class SaidMessage(msgspec.Struct, frozen=True):
    """What a party wants to say."""

    session_id: UUID
    sender_type: str
    sender_id: UUID
    client_message_id: str
    body: str


class SentMessage(msgspec.Struct, frozen=True):
    """A message that is committed, and whom to tell of it."""

    message: msgspec.Raw
    is_repeat: bool
    customer_id: UUID
    mitra_id: UUID


class SentOfSession(SentMessage, frozen=True):
    """The one of many that was sent in this session."""

    session_id: UUID


class Partner(msgspec.Struct, frozen=True):
    """The other party of a session."""

    other_type: PartyType
    other_id: UUID

    @property
    def recipient(self) -> str:
        """The name of its stream."""
        return f"{self.other_type}:{self.other_id}"


class ReadTo(msgspec.Struct, frozen=True):
    """How far a party has read, whether that is news, and the other party; while the session searches there is none."""

    read_seq: int
    is_news: bool
    other_type: PartyType
    other_id: UUID | None


class DeliveredTo(msgspec.Struct, frozen=True):
    """How far a session's messages have reached a party, and the other one, to whom that is news."""

    session_id: UUID
    delivered_seq: int
    other_type: PartyType
    other_id: UUID | None


async def send_message(conn: Connection, *, said: SaidMessage) -> SentMessage:
    """A party says something; it is committed when this returns. Source: api.send_message.

    Raises RuntimeError inside a transaction: others are told of the message at once, so it must not be undone.
    """
    _require_no_transaction(conn)
    return await one(
        conn,
        SentMessage,
        """
        SELECT * FROM api.send_message(
            p_session_id => %(session_id)s, p_sender_type => %(sender_type)s, p_sender_id => %(sender_id)s,
            p_client_message_id => %(client_message_id)s, p_body => %(body)s)
        """,
        msgspec.structs.asdict(said),
    )


async def send_messages(conn: Connection, *, said: Sequence[SaidMessage]) -> list[SentOfSession]:
    """Send those of many messages that nothing stands against, at most one a session. Source: api.send_messages.

    The others must be sent one by one. Raises RuntimeError inside a transaction, as `send_message` does.
    """
    _require_no_transaction(conn)
    return await rows(
        conn,
        SentOfSession,
        """
        SELECT * FROM api.send_messages(
            p_session_ids => %(session_ids)s, p_sender_types => %(sender_types)s, p_sender_ids => %(sender_ids)s,
            p_client_message_ids => %(client_message_ids)s, p_bodies => %(bodies)s)
        """,
        {
            "session_ids": [one.session_id for one in said],
            "sender_types": [one.sender_type for one in said],
            "sender_ids": [one.sender_id for one in said],
            "client_message_ids": [one.client_message_id for one in said],
            "bodies": [one.body for one in said],
        },
    )


async def list_messages(
    conn: Connection,
    *,
    session_id: UUID,
    user_type: str,
    user_id: UUID,
    after_seq: int | None,
    before_seq: int | None,
    limit: int,
    cursor: str | None,
) -> Messages:
    """Give a page of what was said in a session, in order. Source: api.list_messages."""
    return await one(
        conn,
        Messages,
        """
        SELECT api.list_messages(
            p_session_id => %(session_id)s, p_user_type => %(user_type)s, p_user_id => %(user_id)s,
            p_after_seq => %(after_seq)s::bigint, p_before_seq => %(before_seq)s::bigint,
            p_limit => %(limit)s::integer, p_cursor => %(cursor)s)
        """,
        {
            "session_id": session_id,
            "user_type": user_type,
            "user_id": user_id,
            "after_seq": after_seq,
            "before_seq": before_seq,
            "limit": limit,
            "cursor": cursor,
        },
    )


async def messages_after(
    conn: Connection, *, session_id: UUID, user_type: str, user_id: UUID, after_seq: int, limit: int
) -> list[StoredEvent]:
    """A session's message frames after a number, in order. Source: api.messages_after."""
    return await rows(
        conn,
        StoredEvent,
        """
        SELECT * FROM api.messages_after(
            p_session_id => %(session_id)s, p_user_type => %(user_type)s, p_user_id => %(user_id)s,
            p_after_seq => %(after_seq)s::bigint, p_limit => %(limit)s::integer)
        """,
        {
            "session_id": session_id,
            "user_type": user_type,
            "user_id": user_id,
            "after_seq": after_seq,
            "limit": limit,
        },
    )


async def read_messages(conn: Connection, *, session_id: UUID, user_type: str, user_id: UUID, seq: int) -> ReadTo:
    """A party has read up to a number. Source: api.read_messages."""
    return await one(
        conn,
        ReadTo,
        """
        SELECT * FROM api.read_messages(
            p_session_id => %(session_id)s, p_user_type => %(user_type)s, p_user_id => %(user_id)s,
            p_seq => %(seq)s::bigint)
        """,
        {"session_id": session_id, "user_type": user_type, "user_id": user_id, "seq": seq},
    )


async def deliver_messages(
    conn: Connection,
    *,
    session_ids: Sequence[UUID],
    parties: Sequence[str],
    user_ids: Sequence[UUID],
    after_seqs: Sequence[int],
    seqs: Sequence[int],
) -> list[DeliveredTo]:
    """Messages have reached devices of these parties; what of that is news. Source: api.deliver_messages."""
    return await rows(
        conn,
        DeliveredTo,
        """
        SELECT * FROM api.deliver_messages(
            p_session_ids => %(session_ids)s, p_parties => %(parties)s, p_user_ids => %(user_ids)s,
            p_after_seqs => %(after_seqs)s::bigint[], p_seqs => %(seqs)s::bigint[])
        """,
        {
            "session_ids": list(session_ids),
            "parties": list(parties),
            "user_ids": list(user_ids),
            "after_seqs": list(after_seqs),
            "seqs": list(seqs),
        },
    )


async def conversation_partner(conn: Connection, *, session_id: UUID, user_type: str, user_id: UUID) -> Partner:
    """Whom a party speaks to now. Source: api.conversation_partner."""
    return await one(
        conn,
        Partner,
        """
        SELECT * FROM api.conversation_partner(
            p_session_id => %(session_id)s, p_user_type => %(user_type)s, p_user_id => %(user_id)s)
        """,
        {"session_id": session_id, "user_type": user_type, "user_id": user_id},
    )


def _require_no_transaction(conn: Connection) -> None:
    if conn.info.transaction_status is not TransactionStatus.IDLE or not conn.autocommit:
        raise RuntimeError("A message is sent as a transaction by itself.")
