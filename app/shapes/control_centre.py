"""What operators see."""

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, field

from app.runtime.instant import Instant
from app.shapes.base import MAX_BIGINT, Moment, Name, Page, Reasoned, Reply, Request
from app.shapes.figures import Metric
from app.shapes.messages import Message
from app.shapes.mitras import CustomersOfMitra
from app.shapes.offers import OfferStatus, TopicSensitivity
from app.shapes.payments import PaymentRequestDetails
from app.shapes.sessions import Party, Session, SessionLine, SessionPage, SessionStatus


class AllSessionsPage(SessionPage, frozen=True):
    """Which of everybody's sessions, and which part of the list; those made from `from` to before `to`."""

    customer_id: UUID | None = None
    mitra_id: UUID | None = None
    topic_sensitivity: TopicSensitivity | None = None
    from_: Moment | None = field(name="from", default=None)
    to: Moment | None = None
    q: Annotated[str, Meta(min_length=1, max_length=80)] | None = None


class ReadAlong(Reasoned, frozen=True):
    """Which messages to read, and why, which is required."""

    after_seq: Annotated[int, Meta(ge=0, le=MAX_BIGINT)] = 0
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class MessagesRead(Reply, frozen=True):
    """Messages of a session in order, and the number of the newest; `after_seq` of the next page is the last one's."""

    items: list[Message]
    last_seq: int
    session: SessionLine


class FailedPairingPage(Page, frozen=True):
    """Which failed pairings, and which part of the list; those from `from` to before `to`."""

    cause: Annotated[str, Meta(max_length=80)] | None = None
    customer_id: UUID | None = None
    from_: Moment | None = field(name="from", default=None)
    to: Moment | None = None


class FailedPairingRange(Request, frozen=True):
    """From when to before when, 7 days at most."""

    from_: Moment = field(name="from")
    to: Moment


class FailedPairingCount(Reply, frozen=True):
    """How many pairings failed in an hour by one cause."""

    hour: Instant
    cause: str
    count: int


class FailedPairingCounts(Reply, frozen=True):
    """Failed pairings by hour and cause; hours without any are left out. It is one page, so `next_cursor` is null."""

    items: list[FailedPairingCount]
    next_cursor: str | None


class SensitiveSessions(Reply, frozen=True):
    """How many sessions had a sensitive topic: of all time, and among those of the last 30 days."""

    total: int
    last_30d_total: int
    last_30d_sensitive: int
    last_30d_percent: float


class OffersToday(Reply, frozen=True):
    """Today's offers, by what became of them."""

    offered: int
    accepted: int
    declined: int
    expired: int
    rescinded: int
    cancelled: int


class Percentiles(Reply, frozen=True):
    """Two percentiles, in seconds; null when nothing was measured."""

    p50: float | None
    p95: float | None


class Dashboard(Reply, frozen=True):
    """What operators see first. `customers_per_mitra` has the thousand most loaded of the mitras online.

    Today began at `today_began_at`, midnight of business. `money` says what became of all confirmed money, in rupiah;
    `today` has every metric that is counted, null where there is nothing to measure; `today_metrics` says what each
    means, in the order in which they are shown.
    """

    active_chats: int
    online_mitras: int
    free_slots: int
    pending_requests: int
    customers_per_mitra: list[CustomersOfMitra]
    customers_per_mitra_total: int
    sensitive: SensitiveSessions
    offers_today: OffersToday
    acceptance_percent: float
    answer_seconds: Percentiles
    waiting: int
    longest_wait_seconds: float
    failed_pairings_today: dict[str, int]
    revenue_today: int
    today: dict[str, int | float | None]
    today_metrics: list[Metric]
    today_began_at: Instant
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


class WaitingOverview(Reply, frozen=True):
    """A session that waits for a mitra; `wave` is the last one of its round, null before the first."""

    id: UUID
    status: SessionStatus
    customer: Party
    round: int
    wave: int | None
    search_began_at: Instant
    pairing_deadline: Instant | None


class WaitingOverviews(Reply, frozen=True):
    """The sessions that wait, longest first, at most twenty."""

    items: list[WaitingOverview]
    next_cursor: str | None


class SessionDetails(SessionOverview, frozen=True):
    """A session with its payment requests and its last messages, oldest first; bodies as the reader may see them."""

    may_reroute: bool
    payment_requests: list[PaymentRequestDetails]
    last_messages: list[Message]


class TimelineStep(Reply, frozen=True):
    """Something that happened to a session: when, what, and by whom."""

    at: Instant
    what: str
    who: str | None
    details: dict[str, Any] | None


class Timeline(Reply, frozen=True):
    """All that happened to a session, in order."""

    items: list[TimelineStep]
    next_cursor: str | None


class PairingVerdict(Reply, frozen=True):
    """Why a mitra is in or out of a wave; without `mitra_id`, how the round ended, and null while it goes on."""

    round: int
    wave: int | None
    mitra_id: UUID | None
    display_name: str | None
    verdict: Literal["in", "out"] | None
    reason: str
    at: Instant


class PairingPage(Page, frozen=True):
    """Which part of the explanation of a pairing."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 200


class PairingExplanation(Reply, frozen=True):
    """Why each mitra was offered a session or not; `others` counts the rest that was judged, by reason."""

    items: list[PairingVerdict]
    next_cursor: str | None
    others: dict[str, int]


class FailedPairing(Reply, frozen=True):
    """A search, a delivery or an extension that failed."""

    id: int
    cause: str
    session_id: UUID | None
    payment_request_id: UUID | None
    customer_id: UUID | None
    mitra_id: UUID | None
    details: dict[str, Any]
    created_at: Instant


class FailedPairings(Reply, frozen=True):
    """A page of failed pairings, newest first."""

    items: list[FailedPairing]
    next_cursor: str | None


class AllOffersPage(Page, frozen=True):
    """Which of everybody's offers, and which part of the list: those sent from `from` to before `to`.

    Without `from` the list begins a day before `to`, or before now.
    """

    status: OfferStatus | None = None
    mitra_id: UUID | None = None
    from_: Moment | None = field(name="from", default=None)
    to: Moment | None = None


class OfferOverview(Reply, frozen=True):
    """An offer as the control centre sees it: to whom, in which search, and what became of it."""

    id: UUID
    session_id: UUID
    mitra: Party
    round: int
    wave: int
    status: OfferStatus
    offered_at: Instant
    expires_at: Instant
    answered_after_seconds: float | None


class OfferOverviews(Reply, frozen=True):
    """A page of offers, newest first."""

    items: list[OfferOverview]
    next_cursor: str | None


class NewDisplay(Reasoned, frozen=True):
    """A wall screen to open."""

    name: Name


class Display(Reply, frozen=True):
    """A wall screen, which shows figures and may do nothing else."""

    id: UUID
    name: str
    opened_by: str
    created_at: Instant
    used_at: Instant
    expires_at: Instant


class OpenedDisplay(Display, frozen=True):
    """A wall screen that was just opened, with what its browser is known by. It is told only once."""

    display_token: str


class Displays(Reply, frozen=True):
    """A page of wall screens, newest first."""

    items: list[Display]
    next_cursor: str | None


class MirrorDifference(Reply, frozen=True):
    """One key in which Valkey differs from PostgreSQL."""

    key: str
    in_valkey: str
    in_postgres: str


class MirrorReport(Reply, frozen=True):
    """How far the mirror agrees with PostgreSQL, and its own figures.

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
