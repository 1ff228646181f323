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
    """How delicate the session's topic is."""

    topic_sensitivity: TopicSensitivity


class NewExtension(Request, frozen=True):
    """What was paid for: the payment's own minutes and price."""

    duration_minutes: Annotated[int, Meta(ge=1, le=MAX_INT)]
    price: Annotated[int, Meta(ge=1, le=MAX_BIGINT)]
    extension_payment_request_id: UUID


class ExtensionAnswer(Request, frozen=True):
    """The mitra's answer."""

    accepted: bool


class NewRating(Request, frozen=True):
    """What the customer thought of the session."""

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


class PendingExtension(Reply, frozen=True):
    """An extension that waits for the mitra's answer."""

    id: UUID
    requested_duration_minutes: int
    requested_price: int
    expires_at: Instant


class Extension(Reply, frozen=True):
    """A paid request to go on, and what became of it."""

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
    """How far a party's devices received and the person read: message numbers."""

    delivered_seq: int
    read_seq: int


class Watermarks(Reply, frozen=True):
    """Both parties' watermarks."""

    customer: Watermark
    mitra: Watermark


class Session(Reply, frozen=True):
    """Everything a reconnecting app needs to know of a session; `seconds_left` is as of `server_time`."""

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
    """Whether somebody has a socket: connected; away, without one; gone, without one for too long.

    `options` are the customer's when the mitra is gone in mid-session.
    """

    state: PresenceState
    since: Instant
    options: list[PresenceOption] | msgspec.UnsetType = msgspec.UNSET


class Presences(Reply, frozen=True):
    """The two parties, as they were when the server last looked; null for one not seen yet."""

    customer: Presence | None
    mitra: Presence | None


class SessionInfo(Session, frozen=True):
    """A session and whether its parties are there."""

    presence: Presences


class OwnSession(Session, frozen=True):
    """A session as one of its parties lists it: `unread` counts what the other said and this one has not read."""

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
