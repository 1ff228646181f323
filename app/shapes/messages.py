"""The messages of a session."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from app.runtime.instant import Instant
from app.shapes.base import MAX_BIGINT, Page, Reply, Request
from app.shapes.sessions import PartyType


class MessagePage(Page, frozen=True):
    """Which messages: forward from `after_seq`, back from `before_seq`, or from the first message.

    With the `cursor` of a page, the list goes on after that page, and both are ignored.
    """

    after_seq: Annotated[int, Meta(ge=0, le=MAX_BIGINT)] | None = None
    before_seq: Annotated[int, Meta(ge=1, le=MAX_BIGINT)] | None = None


class NewMessage(Request, frozen=True):
    """A message to send. The client chooses its id, which makes a repeat harmless; a UUID is a good id."""

    client_message_id: Annotated[str, Meta(min_length=1, max_length=100)]
    body: Annotated[str, Meta(min_length=1, max_length=4000)]


class ReadUpTo(Request, frozen=True):
    """The number of the last message that was read."""

    seq: Annotated[int, Meta(ge=0, le=MAX_BIGINT)]


class Message(Reply, frozen=True):
    """A message; the numbers `seq` of a session have no gap."""

    session_id: UUID
    seq: int
    sender_type: PartyType
    sender_id: UUID
    client_message_id: str
    body: str
    created_at: Instant


class Messages(Reply, frozen=True):
    """A page of messages, in order; `next_cursor` goes on in the direction that was asked for."""

    items: list[Message]
    next_cursor: str | None


class ReadMark(Reply, frozen=True):
    """How far the party has read."""

    session_id: UUID
    read_seq: int
