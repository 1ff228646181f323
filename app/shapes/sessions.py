"""Sessions, their extensions, the presence of their parties, and ratings."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from app.runtime.instant import Instant
from app.shapes.base import MAX_BIGINT, MAX_INT, Page, Reply, Request
from app.shapes.offers import TopicSensitivity

PartyType = Literal["customer", "mitra"]
PresenceState = Literal["connected", "away", "gone"]
PresenceOption = Literal["reroute", "end"]


class SessionPage(Page, frozen=True):
    """Which sessions, and which part of the list."""

    status: "SessionStatus | None" = None


class SensitivityChange(Request, frozen=True):
    """Whether the session's topic is sensitive."""

    topic_sensitivity: TopicSensitivity


class SessionEnding(Request, frozen=True):
    """Why a party ends the session, where that matters."""

    no_reply: bool = False


class NewExtension(Request, frozen=True):
    """The extension that was paid for, with the minutes and the price of its payment request."""

    duration_minutes: Annotated[int, Meta(ge=1, le=MAX_INT)]
    price: Annotated[int, Meta(ge=1, le=MAX_BIGINT)]
    extension_payment_request_id: UUID


class ExtensionAnswer(Request, frozen=True):
    """The mitra's answer."""

    accepted: bool


class NewRating(Request, frozen=True):
    """The customer's rating of the session."""

    rating: Annotated[int, Meta(ge=1, le=5)]
    comment: Annotated[str, Meta(max_length=1000)] | None = None


ExtensionStatus = Literal["pending", "accepted", "rejected", "timeout", "cancelled"]


SessionStatus = Literal[
    "searching",
    "pending_acceptance",
    "pending_payment",
    "active",
    "extending",
    "closing",
    "completed",
    "cancelled",
    "failed",
]


class Party(Reply, frozen=True):
    """One side of a session."""

    id: UUID
    display_name: str | None


class SessionLine(Reply, frozen=True):
    """A session in a short list of the control centre."""

    id: UUID
    status: SessionStatus
    customer_id: UUID
    mitra_id: UUID | None
    duration_minutes: int
    topic_sensitivity: TopicSensitivity
    created_at: Instant
    started_at: Instant | None
    ended_at: Instant | None
    end_reason: str | None


class PendingExtension(Reply, frozen=True):
    """An extension that waits for the mitra's answer."""

    id: UUID
    requested_duration_minutes: int
    requested_price: int
    expires_at: Instant


class Extension(Reply, frozen=True):
    """An extension, and what became of it."""

    id: UUID
    session_id: UUID
    status: ExtensionStatus
    requested_duration_minutes: int
    requested_price: int
    payment_request_id: UUID
    requested_at: Instant
    expires_at: Instant
    responded_at: Instant | None


class Watermark(Reply, frozen=True):
    """The numbers of the last message that a party's devices received, and of the last that the person read."""

    delivered_seq: int
    read_seq: int


class Watermarks(Reply, frozen=True):
    """Both parties' watermarks."""

    customer: Watermark
    mitra: Watermark


class Session(Reply, frozen=True):
    """All that a client that reconnects needs to know of a session; `seconds_left` is as of `server_time`."""

    id: UUID
    status: SessionStatus
    customer: Party
    mitra: Party | None
    duration_minutes: int
    started_at: Instant | None
    expires_at: Instant | None
    seconds_left: int
    closing_ends_at: Instant | None
    ended_at: Instant | None
    end_reason: str | None
    unused_seconds: int
    pending_extension: PendingExtension | None
    last_seq: int
    watermarks: Watermarks
    topic_sensitivity: TopicSensitivity
    created_at: Instant
    server_time: Instant


class Presence(Reply, frozen=True):
    """Whether a party has a socket: `connected` with one, `away` without, `gone` without one for too long.

    `options` are what the customer may do when the mitra is gone during a session.
    """

    state: PresenceState
    since: Instant
    options: list[PresenceOption] | msgspec.UnsetType = msgspec.UNSET


class Presences(Reply, frozen=True):
    """Both parties, as the server last saw them; null for a party that it has not seen yet."""

    customer: Presence | None
    mitra: Presence | None


class SessionInfo(Session, frozen=True):
    """A session, whether its parties are connected, and what the asking party did about the other."""

    position: int | None
    waves: int | None
    estimated_wait_seconds: int | None
    presence: Presences
    no_reply_options: list[PresenceOption] | None
    has_blocked: bool
    has_reported: bool


class OwnSession(Session, frozen=True):
    """A session as a party lists it; `unread` counts messages of the other party that this party has not read."""

    unread: int


class Sessions(Reply, frozen=True):
    """A page of sessions, newest first."""

    items: list[OwnSession]
    next_cursor: str | None


class Rating(Reply, frozen=True):
    """A session's rating."""

    session_id: UUID
    rating: int
    comment: str | None
    created_at: Instant
