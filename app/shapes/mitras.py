"""Mitras: their accounts, status and figures."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType, field

from app.runtime.instant import Instant
from app.shapes.base import Moment, Name, Page, Reasoned, Reply
from app.shapes.offers import Offer
from app.shapes.phones import Phone
from app.shapes.reports import BlockLine, ReportLine
from app.shapes.sessions import SessionLine


class NewMitra(Reasoned, frozen=True):
    """A new mitra; without `max_sessions` the rule mitra_max_sessions holds, without a share mitra_share_percent."""

    display_name: Name
    phone: Phone
    max_sessions: Annotated[int, Meta(ge=1, le=100)] | None = None
    mitra_share_percent: Annotated[int, Meta(ge=0, le=100)] | None = None


class MitraChange(Reasoned, frozen=True):
    """What to change in a mitra; a field that is left out stays.

    `max_sessions` null = the rule mitra_max_sessions, `mitra_share_percent` null = the rule of its name.
    Another phone signs the mitra out everywhere.
    """

    display_name: Name | None = None
    phone: Phone | None = None
    max_sessions: Annotated[int, Meta(ge=1, le=100)] | UnsetType | None = UNSET
    mitra_share_percent: Annotated[int, Meta(ge=0, le=100)] | UnsetType | None = UNSET


MitraState = Literal["available", "full", "held", "silent", "offline", "inactive"]


class MitraPage(Page, frozen=True):
    """Which mitras, and which part of the list.

    `unanswering`: online, and `unanswered_offers` are at least missed_offers_before_offline.
    """

    state: Literal["online", "unanswering", MitraState] | None = None
    q: Annotated[str, Meta(min_length=1, max_length=80)] | None = None
    phones: bool = True


class MitraStatus(Reply, frozen=True):
    """A mitra's intent, liveness and capacity."""

    mitra_id: UUID
    is_online: bool
    is_active: bool
    last_heartbeat_at: Instant | None
    capacity: int
    max_sessions: int
    available: bool


class MitraWork(Reply, frozen=True):
    """A mitra's work so far. Of what its customers were `charged` it has `earnings`.

    `rating` is the mean, null without any.
    """

    mitra_id: UUID
    online_seconds: int
    offers: int
    accepted: int
    declined: int
    expired: int
    acceptance_percent: float
    sessions: int
    charged: int
    earnings: int
    rating: float | None
    ratings: int


class MitraStats(MitraWork, frozen=True):
    """A mitra's work so far, with what of its `earnings` is `owed` and what was `paid_out`."""

    owed: int
    paid_out: int


class MitraFigures(MitraWork, frozen=True):
    """The same for an operator, to whom `owed` and `paid_out` are null without payouts:read."""

    owed: int | None
    paid_out: int | None


class Mitra(Reply, frozen=True):
    """A mitra, as the control centre sees it; without `max_sessions` the rule mitra_max_sessions holds.

    `state` is one word for it: silent is online without a fresh heartbeat; held gets no offers until an operator has
    decided the reports against it. `unanswered_offers` in a row, since it last came online, were open for
    half of their time or longer and got no answer.
    """

    id: UUID
    display_name: str
    phone: str
    is_active: bool
    is_online: bool
    state: MitraState
    is_held: bool
    capacity: int
    slots: int
    unanswered_offers: int
    last_answer_at: Instant | None
    max_sessions: int | None
    mitra_share_percent: int | None
    version: int


class Mitras(Reply, frozen=True):
    """A page of mitras."""

    items: list[Mitra]
    next_cursor: str | None


class CustomersOfMitra(Reply, frozen=True):
    """How many customers an online mitra talks to, and how many more it could take.

    An extending session takes a slot too, and is not counted as active.
    """

    id: UUID
    display_name: str
    active_session_count: int
    slots: int
    free_slots: int


class MitraCondition(Reply, frozen=True):
    """One of the conditions under which a mitra is available, and whether it holds."""

    what: str
    value: str
    holds: bool
    at: Instant | None


class MitraDetails(Mitra, frozen=True):
    """A mitra with what it needs to be available, its figures, and what is going on."""

    locale: Literal["id", "en"]
    created_at: Instant
    conditions: list[MitraCondition]
    missed_offers: int
    stats: MitraFigures
    blocks: list[BlockLine]
    reports: list[ReportLine]
    live_offers: list[Offer]
    open_sessions: list[SessionLine]


class ActivityPage(Page, frozen=True):
    """Which part of a mitra's activity: from `from` to before `to`."""

    from_: Moment | None = field(name="from", default=None)
    to: Moment | None = None


class Activity(Reply, frozen=True):
    """Something that a mitra did or missed.

    `online`, `offline`, `activate` and `deactivate` have a cause, and the seconds that the state before lasted.
    `session` stands at the moment of its offer, with the seconds that the mitra served, null while it runs. `missed` is
    an offer that ran out in silence, `no_first_reply` a session whose customer waited in vain for a first message.
    """

    at: Instant
    what: Literal["online", "offline", "activate", "deactivate", "no_first_reply", "session", "missed"]
    cause: str | None
    who: str | None
    seconds: int | None
    session_id: UUID | None


class Activities(Reply, frozen=True):
    """A page of a mitra's activity, newest first."""

    items: list[Activity]
    next_cursor: str | None
