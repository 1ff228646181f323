"""What the parties of a session say to each other, and how far they have received and read it."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from psycopg.pq import TransactionStatus

from app.postgres.database import Connection
from app.shapes.messages import Messages
from app.shapes.sessions import PartyType
from app.sql.events import StoredEvent
from app.sql.function import BigInt, sql_function


class SaidMessage(msgspec.Struct, frozen=True):
    """What a party wants to say."""

    session_id: UUID
    sender_type: str
    sender_id: UUID
    client_message_id: str
    body: str


class SentMessage(msgspec.Struct, frozen=True):
    """A message that is committed, and the two to tell of it."""

    message: msgspec.Raw
    is_repeat: bool
    customer_id: UUID
    mitra_id: UUID


class SentOfSession(SentMessage, frozen=True):
    """A message of several, and its session."""

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
    """How far a party has read, whether that is news, and the other party; no `other_id` while the session searches."""

    read_seq: int
    is_news: bool
    other_type: PartyType
    other_id: UUID | None


class DeliveredTo(msgspec.Struct, frozen=True):
    """How far a session's messages have reached a party, and the other party, for whom that is news."""

    session_id: UUID
    delivered_seq: int
    other_type: PartyType
    other_id: UUID | None


@sql_function("api.send_message")
async def _send_message(
    conn: Connection, *, session_id: UUID, sender_type: str, sender_id: UUID, client_message_id: str, body: str
) -> SentMessage:
    """Send one message."""


async def send_message(conn: Connection, *, said: SaidMessage) -> SentMessage:
    """A party says something; it is committed when this returns.

    Raises RuntimeError inside a transaction: others are told of the message at once, so it must not be undone.
    """
    _require_no_transaction(conn)
    return await _send_message(conn, **msgspec.structs.asdict(said))


@sql_function("api.send_messages")
async def _send_messages(
    conn: Connection,
    *,
    session_ids: list[UUID],
    sender_types: list[str],
    sender_ids: list[UUID],
    client_message_ids: list[str],
    bodies: list[str],
) -> list[SentOfSession]:
    """Send many messages; a message has the same place in each list."""


async def send_messages(conn: Connection, *, said: Sequence[SaidMessage]) -> list[SentOfSession]:
    """Send many messages at once, at most one of each session, and leave out those that may be refused.

    `send_message` sends what was left out, or says why not. Raises RuntimeError inside a transaction, as it does.
    """
    _require_no_transaction(conn)
    return await _send_messages(
        conn,
        session_ids=[message.session_id for message in said],
        sender_types=[message.sender_type for message in said],
        sender_ids=[message.sender_id for message in said],
        client_message_ids=[message.client_message_id for message in said],
        bodies=[message.body for message in said],
    )


@sql_function("api.list_messages")
async def list_messages(
    conn: Connection,
    *,
    session_id: UUID,
    user_type: str,
    user_id: UUID,
    after_seq: BigInt | None,
    before_seq: BigInt | None,
    limit: int,
    cursor: str | None,
) -> Messages:
    """Give a page of what was said in a session, in order."""


@sql_function("api.messages_after")
async def messages_after(
    conn: Connection, *, session_id: UUID, user_type: str, user_id: UUID, after_seq: BigInt, limit: int
) -> list[StoredEvent]:
    """Give the frames of a session's messages after a number, in order."""


@sql_function("api.read_messages")
async def read_messages(conn: Connection, *, session_id: UUID, user_type: str, user_id: UUID, seq: BigInt) -> ReadTo:
    """Note that a party has read up to a number."""


@sql_function("api.deliver_messages")
async def deliver_messages(
    conn: Connection,
    *,
    session_ids: list[UUID],
    parties: list[str],
    user_ids: list[UUID],
    after_seqs: list[BigInt],
    seqs: list[BigInt],
) -> list[DeliveredTo]:
    """Note up to which number messages have reached these parties. Returns what of that is news."""


@sql_function("api.conversation_partner")
async def conversation_partner(conn: Connection, *, session_id: UUID, user_type: str, user_id: UUID) -> Partner:
    """Give the other party of a session, if the party may speak now."""


def _require_no_transaction(conn: Connection) -> None:
    if conn.info.transaction_status is not TransactionStatus.IDLE or not conn.autocommit:
        raise RuntimeError("A message is sent as a transaction by itself.")
