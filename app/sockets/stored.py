"""The stored events, field by field as functions of the database write them.

The server passes them on as they are. `id` is the id of the event; the thing that an event is about has its id under
another name. `seq` is gapless per user, `ts` is when it happened.
"""

from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from app.runtime.instant import Instant
from app.shapes.mitras import MitraStatus
from app.shapes.offers import Offer
from app.shapes.payments import PaymentRequest
from app.shapes.sessions import PresenceOption, Session


class Event(Struct, frozen=True, kw_only=True):
    """The fields of every stored event."""

    id: UUID
    seq: int
    ts: Instant


class OfferEvent(Offer, frozen=True):
    """An event about an offer."""

    seq: int
    ts: Instant
    offer_id: UUID


class SessionEvent(Session, frozen=True):
    """An event about a session."""

    seq: int
    ts: Instant
    session_id: UUID


class PairingOffer(OfferEvent, frozen=True, tag="pairing_offer"):
    """Server → mitra: a session is offered. The event's `id` is the id of the offer."""


class OfferRescinded(OfferEvent, frozen=True, tag="offer_rescinded"):
    """Server → mitra: another mitra took the session."""


class OfferCancelled(OfferEvent, frozen=True, tag="offer_cancelled"):
    """Server → mitra: the search ended, or this mitra may not take its session any more."""


class OfferExpired(OfferEvent, frozen=True, tag="offer_expired"):
    """Server → mitra: no answer came in time."""


class SessionStarted(SessionEvent, frozen=True, tag="session_started"):
    """Server → both: the two are paired and the clock runs."""


class SessionWarning(Event, frozen=True, tag="session_warning"):
    """Server → both: the end is near, `threshold_seconds` away or less."""

    session_id: UUID
    seconds_left: int
    threshold_seconds: int
    expires_at: Instant
    server_time: Instant


class FirstReplyReminder(Event, frozen=True, tag="first_reply_reminder"):
    """Server → mitra: half of the time for a first message is over; `expires_at` is its end."""

    session_id: UUID
    expires_at: Instant


class FirstReplyOverdue(Event, frozen=True, tag="first_reply_overdue"):
    """Server → customer: the mitra has not written in time; `options` are what the customer can do.

    `reroute` leads to another mitra with the time given back, `end` (with `no_reply`) gives the money back. In the last
    words there is `end` alone.
    """

    session_id: UUID
    options: list[PresenceOption]
    expires_at: Instant


class SessionPaused(SessionEvent, frozen=True, tag="session_paused"):
    """Server → customer: the clock waits for the mitra's answer to an extension."""

    extension_id: UUID
    reason: str


class SessionResumed(SessionEvent, frozen=True, tag="session_resumed"):
    """Server → both: an extension was approved and the clock runs again, or time was given back to the clock.

    Time is given back with the reason `outage_credit`, after the mitra was gone.
    """

    extension_id: UUID | UnsetType = UNSET
    reason: str | UnsetType = UNSET


class SessionClosing(SessionEvent, frozen=True, tag="session_closing"):
    """Server → both: time is up; last words may be written until `closing_ends_at`."""


class SessionEnded(SessionEvent, frozen=True, tag="session_ended"):
    """Server → both: it is over; `end_reason` says why, and `cause` repeats it when a search was cancelled.

    For a mitra from whom the session was taken, `end_reason` is `rerouted`.
    """

    cause: str | UnsetType = UNSET


class SessionRerouted(SessionEvent, frozen=True, tag="session_rerouted"):
    """Server → customer: the mitra is gone; another mitra is searched for, and the time that was left is kept."""

    cause: str


class PairingFailed(SessionEvent, frozen=True, tag="pairing_failed"):
    """Server → customer: no mitra was found; the money is owed back."""

    cause: str


class ExtensionRequest(SessionEvent, frozen=True, tag="extension_request"):
    """Server → mitra: the customer asks to go on, and has paid for it.

    `duration_minutes` and `expires_at` are those of the extension; in other frames they are those of the session.
    """

    extension_id: UUID
    price: int
    timeout_seconds: int


class ExtensionResponse(Event, frozen=True, tag="extension_response"):
    """Server → customer: what became of the extension.

    When accepted: with the minutes that were bought and the new end. When refused by silence: with the reason.
    """

    session_id: UUID
    extension_id: UUID
    accepted: bool
    via_timeout: bool
    duration_minutes: int | UnsetType = UNSET
    expires_at: Instant | UnsetType = UNSET
    reason: str | UnsetType = UNSET


class PaymentUpdated(PaymentRequest, frozen=True, tag="payment_updated"):
    """Server → customer: what became of a payment request."""

    seq: int
    ts: Instant
    payment_request_id: UUID


class StatusChanged(MitraStatus, frozen=True, tag="status_changed"):
    """Server → mitra: the mitra went online or offline; `cause` says what did it."""

    id: UUID
    seq: int
    ts: Instant
    cause: str


class SignedOut(Event, frozen=True, tag="signed_out"):
    """Server → customer or mitra: these logins have ended; their sockets are closed with 4403."""

    auth_session_ids: list[UUID]
    reason: str


StoredFrame = (
    PairingOffer
    | OfferRescinded
    | OfferCancelled
    | OfferExpired
    | SessionStarted
    | SessionWarning
    | FirstReplyReminder
    | FirstReplyOverdue
    | SessionPaused
    | SessionResumed
    | SessionClosing
    | SessionEnded
    | SessionRerouted
    | PairingFailed
    | ExtensionRequest
    | ExtensionResponse
    | PaymentUpdated
    | StatusChanged
    | SignedOut
)
