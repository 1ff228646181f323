"""The JSON shapes of requests and replies: validation and the OpenAPI document are made from them.

Requests refuse unknown fields; replies are what functions of the database answer. Times are UTC, money is whole rupiah.
"""

import re
import unicodedata
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import phonenumbers
from msgspec import Meta

from app.instant import Instant
from app.tokens import UserType

HOME_REGION = "ID"
LONGEST_WRITTEN = 100
MAX_INT = 2**31 - 1
MAX_BIGINT = 2**63 - 1


# What people write a number with; the library would skip over anything else.
_WRITTEN = re.compile(r"[0-9+() ./-]{5,30}")
_DASHES = re.compile("[\u2010-\u2015\u2212]")


class Phone(str):
    """A telephone number in E.164, whatever way it was written; without a country code it is Indonesian."""

    __slots__ = ()

    @classmethod
    def parse(cls, written: object) -> "Phone":
        """Read a number as people write it. Raises ValueError when no such number can exist."""
        plain = _plain(written) if isinstance(written, str) and len(written) <= LONGEST_WRITTEN else ""
        if not _WRITTEN.fullmatch(plain):
            raise ValueError("Expected a telephone number")
        try:
            number = phonenumbers.parse(plain, HOME_REGION)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number):
            raise ValueError("Expected a telephone number")
        return cls(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _plain(written: str) -> str:
    """A number as it was pasted, with plain digits, blanks and dashes, nothing invisible, and + for a leading 00."""
    shown = "".join(one for one in unicodedata.normalize("NFKC", written) if unicodedata.category(one) != "Cf")
    shown = _DASHES.sub("-", " ".join(shown.split()))
    return "+" + shown.removeprefix("00") if shown.startswith("00") else shown


Name = Annotated[
    str,
    Meta(
        description="1 to 80 characters on one line; blanks around it are left out.",
        extra_json_schema={"minLength": 1, "maxLength": 80},
    ),
]
OtpUserType = Literal["customer", "mitra"]
PartyType = Literal["customer", "mitra"]
TopicSensitivity = Literal["normal", "sensitive"]
PresenceState = Literal["connected", "away", "gone"]
PresenceOption = Literal["reroute", "end"]


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a client sends; a field nobody asked for is refused."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What a client gets."""


# -- requests ----------------------------------------------------------------------------------------------------------


class Nothing(Request, frozen=True):
    """The body of a route that takes none."""


class Page(Request, frozen=True):
    """Which part of a list: at most `limit` items after the place that `cursor` marks."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(min_length=1, max_length=500)] | None = None


class OtpRequest(Request, frozen=True):
    """Whom to send a code."""

    phone: Phone
    user_type: OtpUserType


class OtpVerification(Request, frozen=True):
    """The code that came."""

    phone: Phone
    user_type: OtpUserType
    code: Annotated[str, Meta(pattern="^[0-9]{6}$")]


class RefreshRequest(Request, frozen=True):
    """The refresh token to be changed for new tokens."""

    refresh_token: Annotated[str, Meta(min_length=1, max_length=4096)]


class LoginRequest(Request, frozen=True):
    """A control centre user's credentials."""

    email: Annotated[str, Meta(min_length=3, max_length=254)]
    password: Annotated[str, Meta(min_length=1, max_length=1000)]


class NewPaymentRequest(Request, frozen=True):
    """What to pay for; amount and duration come from the package."""

    package_id: UUID
    is_extension: bool = False
    session_id: UUID | None = None


class PaymentRequestPage(Page, frozen=True):
    """Which payment requests, and which part of the list."""

    status: "PaymentStatus | None" = None
    refund_status: "RefundStatus | None" = None


class RefundRequest(Request, frozen=True):
    """What to pay back; without `amount`, what is due, or else all that is still kept."""

    amount: Annotated[int, Meta(ge=1, le=MAX_BIGINT)] | None = None
    reason: Annotated[str, Meta(description="One line; blanks around it are left out.", max_length=500)] | None = None


class Webhook(msgspec.Struct, frozen=True):
    """What the payment provider tells, as far as we use it. It may add fields, which are kept."""

    event: Any = None
    data: Any = None


class SessionPage(Page, frozen=True):
    """Which sessions, and which part of the list."""

    status: "SessionStatus | None" = None


class FailedPairingPage(Page, frozen=True):
    """Which failures, and which part of the list."""

    cause: Annotated[str, Meta(max_length=80)] | None = None


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


class MessagePage(Page, frozen=True):
    """Which messages: on from `after_seq`, back from `before_seq`, or from the first.

    `cursor`, which a page gave, goes on from there and takes the place of both.
    """

    after_seq: Annotated[int, Meta(ge=0, le=MAX_BIGINT)] | None = None
    before_seq: Annotated[int, Meta(ge=1, le=MAX_BIGINT)] | None = None


class NewMessage(Request, frozen=True):
    """What to say, under an id of the client's choice that makes a repeat harmless; a UUID is a good one."""

    client_message_id: Annotated[str, Meta(min_length=1, max_length=100)]
    body: Annotated[str, Meta(min_length=1, max_length=4000)]


class ReadUpTo(Request, frozen=True):
    """The number of the last message that was read."""

    seq: Annotated[int, Meta(ge=0, le=MAX_BIGINT)]


class NewRating(Request, frozen=True):
    """What the customer thought of the session."""

    rating: Annotated[int, Meta(ge=1, le=5)]
    comment: Annotated[str, Meta(max_length=1000)] | None = None


class ProfileChange(Request, frozen=True):
    """What to change of one's own profile; what is left out stays. `locale` is the language of pushes."""

    display_name: Name | None = None
    locale: Literal["id", "en"] | None = None


class PushToken(Request, frozen=True):
    """A device, by its FCM registration token."""

    token: Annotated[str, Meta(min_length=1, max_length=4096)]


class NewMitra(Request, frozen=True):
    """A mitra to be made; without `max_sessions` the configured maximum holds."""

    display_name: Name
    phone: Phone
    max_sessions: Annotated[int, Meta(ge=1, le=100)] | None = None


# -- logins ------------------------------------------------------------------------------------------------------------


class User(Reply, frozen=True):
    """Whose tokens these are."""

    id: UUID
    type: UserType
    display_name: str | None


class TokenReply(Reply, frozen=True):
    """A login's tokens; `expires_in` is the access token's life in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int
    user: User
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  # the scheme's name


class Profile(Reply, frozen=True, omit_defaults=True):
    """The user as they know themselves."""

    id: UUID
    type: UserType
    display_name: str | None
    phone: str | None
    locale: Literal["id", "en"]
    is_anonymous: bool | msgspec.UnsetType = msgspec.UNSET


# -- availability ------------------------------------------------------------------------------------------------------


class MitraStatus(Reply, frozen=True):
    """A mitra's intent, liveness and capacity."""

    mitra_id: UUID
    is_online: bool
    is_active: bool
    last_heartbeat_at: Instant | None
    capacity: int
    max_sessions: int
    available: bool


class MitraStats(Reply, frozen=True):
    """A mitra's work so far; `earnings` is what its customers were charged, `rating` a mean or null without one."""

    mitra_id: UUID
    online_seconds: int
    offers: int
    accepted: int
    declined: int
    expired: int
    acceptance_percent: float
    sessions: int
    earnings: int
    rating: float | None
    ratings: int


class Mitra(Reply, frozen=True):
    """A mitra as the control centre sees it; without `max_sessions` of its own the configured maximum holds."""

    id: UUID
    display_name: str
    phone: str
    is_active: bool
    is_online: bool
    max_sessions: int | None


class Mitras(Reply, frozen=True):
    """A page of mitras."""

    items: list[Mitra]
    next_cursor: str | None


# -- payments ----------------------------------------------------------------------------------------------------------


PaymentStatus = Literal[
    "pending",
    "confirmed",
    "consumed",
    "expired",
    "cancelled",
    "failed",
    "failed_delivery",
    "paid_late",
]


RefundStatus = Literal["none", "due", "requested", "refunded"]


class Package(Reply, frozen=True):
    """Minutes for rupiah; `price` is what this customer would pay."""

    id: UUID
    name: str
    duration_minutes: int
    price: int
    is_extension: bool
    is_first_session_discount: bool


class Packages(Reply, frozen=True):
    """What can be bought; all of it, so `next_cursor` is null."""

    items: list[Package]
    next_cursor: str | None


class PaymentRequest(Reply, frozen=True):
    """A request for money, and where it stands."""

    id: UUID
    status: PaymentStatus
    package_id: UUID
    duration_minutes: int
    amount: int
    is_extension: bool
    is_first_session_discount: bool
    provider: str
    checkout_url: str | None
    expires_at: Instant
    session_id: UUID | None
    failure_cause: str | None
    refund_status: RefundStatus
    created_at: Instant


class Refund(Reply, frozen=True):
    """Money asked to be paid back; `id` is our reference at the provider, `provider_ref` the provider's own."""

    id: UUID
    amount: int
    status: Literal["requested", "unanswered", "succeeded", "failed"]
    provider: str
    provider_payment_ref: str | None
    provider_ref: str | None
    reason: str | None
    failure: str | None
    requested_at: Instant
    settled_at: Instant | None


class PaymentRequestDetails(PaymentRequest, frozen=True):
    """A payment request as the control centre sees it, with its latest refund."""

    customer_id: UUID
    provider_ref: str | None
    paid_at: Instant | None
    confirmed_at: Instant | None
    consumed_at: Instant | None
    refund_due_amount: int
    refunded_amount: int
    refund: Refund | None


class PaymentRequests(Reply, frozen=True):
    """A page of payment requests, newest first."""

    items: list[PaymentRequestDetails]
    next_cursor: str | None


class WebhookReceipt(Reply, frozen=True):
    """What came of a webhook; `is_repeat` when it was received before, `is_flagged` when somebody should look at it."""

    receipt_id: UUID
    outcome: str
    is_flagged: bool
    is_repeat: bool


# -- pairing -----------------------------------------------------------------------------------------------------------


class Offer(Reply, frozen=True):
    """A session offered to a mitra."""

    id: UUID
    session_id: UUID
    status: Literal["offered", "accepted", "declined", "expired", "rescinded", "cancelled"]
    duration_minutes: int
    topic_sensitivity: TopicSensitivity
    expires_at: Instant


class Offers(Reply, frozen=True):
    """The mitra's live offers, the most urgent first; all of them, so `next_cursor` is null."""

    items: list[Offer]
    next_cursor: str | None


# -- sessions ----------------------------------------------------------------------------------------------------------

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


class Message(Reply, frozen=True):
    """Something that was said; `seq` is gapless within the session."""

    session_id: UUID
    seq: int
    sender_type: PartyType
    sender_id: UUID
    client_message_id: str
    body: str
    created_at: Instant


class Messages(Reply, frozen=True):
    """A page of messages, in order; `next_cursor` leads on in the direction that was asked for."""

    items: list[Message]
    next_cursor: str | None


class ReadMark(Reply, frozen=True):
    """How far the party has read."""

    session_id: UUID
    read_seq: int


class Rating(Reply, frozen=True):
    """A session's rating."""

    session_id: UUID
    rating: int
    comment: str | None
    created_at: Instant


# -- control centre ----------------------------------------------------------------------------------------------------


class CustomersOfMitra(Reply, frozen=True):
    """How many customers an online mitra talks to."""

    id: UUID
    display_name: str
    active_session_count: int


class SensitiveSessions(Reply, frozen=True):
    """How many sessions had a sensitive topic: of all time, and among those of the last 30 days."""

    total: int
    last_30d_total: int
    last_30d_sensitive: int
    last_30d_percent: float


class OffersToday(Reply, frozen=True):
    """Today's offers by what became of them."""

    offered: int
    accepted: int
    declined: int
    expired: int
    rescinded: int
    cancelled: int


class Percentiles(Reply, frozen=True):
    """Seconds; null when there was nothing to measure."""

    p50: float | None
    p95: float | None


class Dashboard(Reply, frozen=True):
    """What operators see first; `customers_per_mitra` has the mitras online, most loaded first.

    Today began at midnight in Jakarta; `money` says what became of every rupiah confirmed, in rupiah.
    """

    active_chats: int
    online_mitras: int
    pending_requests: int
    customers_per_mitra: list[CustomersOfMitra]
    sensitive: SensitiveSessions
    offers_today: OffersToday
    acceptance_percent: float
    answer_seconds: Percentiles
    waiting: int
    longest_wait_seconds: float
    failed_pairings_today: dict[str, int]
    revenue_today: int
    money: dict[str, int]
    server_time: Instant


class PartyDetails(Party, frozen=True):
    """A party of a session, with the phone as the reader may see it."""

    phone: str | None


class SessionOverview(Session, frozen=True):
    """A session as the control centre sees it; `round` counts its searches, one more for each reroute."""

    customer: PartyDetails
    mitra: PartyDetails | None
    round: int
    pairing_deadline: Instant | None


class SessionOverviews(Reply, frozen=True):
    """A page of sessions, newest first."""

    items: list[SessionOverview]
    next_cursor: str | None


class SessionDetails(SessionOverview, frozen=True):
    """A session with its payment requests and its last messages, oldest first; bodies as the reader may see them."""

    payment_requests: list[PaymentRequestDetails]
    last_messages: list[Message]


class TimelineStep(Reply, frozen=True):
    """Something that happened to a session: when, what, who did it."""

    at: Instant
    what: str
    who: str | None
    details: dict[str, Any] | None


class Timeline(Reply, frozen=True):
    """All that happened to a session, in order; all of it, so `next_cursor` is null."""

    items: list[TimelineStep]
    next_cursor: str | None


class PairingVerdict(Reply, frozen=True):
    """Why a mitra is in or out of a wave; without `mitra_id`, how the round went, and null while it goes on."""

    round: int
    wave: int | None
    mitra_id: UUID | None
    display_name: str | None
    verdict: Literal["in", "out"] | None
    reason: str
    at: Instant


class PairingExplanation(Reply, frozen=True):
    """Why each mitra was offered a session or not; `others` counts, by reason, those beyond the first two hundred."""

    items: list[PairingVerdict]
    others: dict[str, int]


class FailedPairing(Reply, frozen=True):
    """A search, a delivery or an extension that came to nothing."""

    id: int
    cause: str
    session_id: UUID | None
    payment_request_id: UUID | None
    customer_id: UUID | None
    mitra_id: UUID | None
    details: dict[str, Any]
    created_at: Instant


class FailedPairings(Reply, frozen=True):
    """A page of failures, newest first."""

    items: list[FailedPairing]
    next_cursor: str | None


class MirrorDifference(Reply, frozen=True):
    """One thing that Valkey holds otherwise than PostgreSQL would have it."""

    key: str
    in_valkey: str
    in_postgres: str


class MirrorReport(Reply, frozen=True):
    """How true the mirror is, and what it says of itself.

    `drift` counts the differences, of which the first hundred are shown; `lag_ms` is the last measured time from a
    commit's notification to Valkey. The figures are null while the mirror is not whole.
    """

    is_whole: bool
    drift: int
    differences: list[MirrorDifference]
    leader_epoch: int | None = None
    whole_since: Instant | None = None
    seeded_at: Instant | None = None
    lag_ms: float | None = None
    mitras: int | None = None
    online: int | None = None
    deactivated: int | None = None
    available: int | None = None
    lapsed: int | None = None
    heartbeat_stale_seconds: float | None = None


# -- health ------------------------------------------------------------------------------------------------------------


class Alive(Reply, frozen=True):
    """The process lives."""

    status: Literal["alive"] = "alive"


class Readiness(Reply, frozen=True):
    """Requests can be served: PostgreSQL is up, which is needed. `reasons` name trouble that every process shares."""

    valkey: Literal["up", "down"]
    postgres: Literal["up"] = "up"
    status: Literal["ready", "degraded"] = "ready"
    reasons: list[str] = []


def read(kind: type, value: Any) -> Any:
    """Read what msgspec has no rule for; its `dec_hook`."""
    if kind is Phone:
        return Phone.parse(value)
    raise NotImplementedError(f"no reader for {kind}")


def describe(kind: type) -> dict[str, Any]:
    """Describe what msgspec has no rule for; its `schema_hook`."""
    if kind is Phone:
        return {"type": "string", "description": Phone.__doc__, "examples": ["+6281234567890"]}
    raise NotImplementedError(f"no schema for {kind}")
