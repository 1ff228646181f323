"""What mitras earn, and what is paid out to them."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, field

from app.runtime.instant import Instant
from app.shapes.base import Moment, Page, Reasoned, Reply

PayoutStatus = Literal["open", "held", "paid", "failed"]


class EarningPage(Page, frozen=True):
    """Which earnings: those from `from` on, before `to`."""

    from_: Moment | None = field(name="from", default=None)
    to: Moment | None = None


class Earning(Reply, frozen=True):
    """What a mitra earned by a session, or has less of it since.

    Of what the session `kept`, `share` is its mitras', by the `seconds` that each served.
    """

    id: UUID
    session_id: UUID
    at: Instant
    amount: int
    kept: int
    share: int
    seconds: int
    payout_id: UUID | None


class OwnPayout(Reply, frozen=True):
    """A payout, as its mitra sees it."""

    id: UUID
    until: Instant
    amount: int
    status: PayoutStatus
    reference: str | None
    created_at: Instant
    settled_at: Instant | None


class Earnings(Reply, frozen=True):
    """A page of a mitra's earnings, newest first, and what was `earned` in this time.

    In all, `earnings` are what is `owed` and what was `paid_out`; `payouts` are the latest 20.
    """

    mitra_id: UUID
    from_: Instant | None = field(name="from")
    to: Instant | None
    earned: int
    earnings: int
    owed: int
    paid_out: int
    mitra_share_percent: int
    payouts: list[OwnPayout]
    items: list[Earning]
    next_cursor: str | None


class PayoutPage(Page, frozen=True):
    """Which payouts, and which part of the list."""

    status: PayoutStatus | None = None
    mitra_id: UUID | None = None
    until: Moment | None = None


class Payout(Reply, frozen=True):
    """What a mitra is paid for a period. `actor_id` answers for it, and may have left; `paid_by` said that it was paid.

    `reason` says why it is held, or failed.
    """

    id: UUID
    mitra_id: UUID
    display_name: str
    until: Instant
    amount: int
    status: PayoutStatus
    reason: str | None
    actor_id: UUID | None
    is_actor_active: bool
    paid_by: UUID | None
    reference: str | None
    created_at: Instant
    settled_at: Instant | None


class IncompletePeriod(Reply, frozen=True):
    """A period that was closed, and of which more payouts are being made."""

    until: Instant
    closed_at: Instant


class Payouts(Reply, frozen=True):
    """A page of payouts, newest first, and the periods that have not all of their payouts yet."""

    items: list[Payout]
    next_cursor: str | None
    incomplete_periods: list[IncompletePeriod]


class OwedEarning(Reply, frozen=True):
    """What is `owed` to a mitra since when: `in_no_payout`, `to_be_paid` in open payouts, and `held`.

    `in_no_payout` is below 0 when refunds took more than was earned since.
    """

    mitra_id: UUID
    display_name: str
    is_active: bool
    owed: int
    in_no_payout: int
    to_be_paid: int
    held: int
    since: Instant


class OwedEarnings(Reply, frozen=True):
    """A page of the mitras to whom something is owed."""

    items: list[OwedEarning]
    next_cursor: str | None


class PayoutClosing(Reasoned, frozen=True):
    """Until when to gather what mitras earned: a moment in the past."""

    until: Moment


class ClosedPeriod(Reply, frozen=True):
    """A period, and its greatest payouts; while it is not complete, more of them are being made."""

    until: Instant
    closed_at: Instant
    actor_id: UUID | None
    is_complete: bool
    payouts: int
    amount: int
    items: list[Payout]


class PayoutSum(Reply, frozen=True):
    """How many payouts, and whole rupiah of all of them."""

    payouts: int
    amount: int


class PeriodCloser(Reply, frozen=True):
    """The operator who closed a period."""

    id: UUID
    display_name: str


class PayoutPeriod(Reply, frozen=True):
    """A closed period with its payouts: in all, and those of each status.

    While it is not complete, more of them are being made. What is in failed ones is owed again, and a later period
    gathers it.
    """

    until: Instant
    closed_at: Instant
    closed_by: PeriodCloser | None
    is_complete: bool
    payouts: int
    amount: int
    open: PayoutSum
    held: PayoutSum
    paid: PayoutSum
    failed: PayoutSum


class PayoutPeriods(Reply, frozen=True):
    """A page of the closed periods, closed last first."""

    items: list[PayoutPeriod]
    next_cursor: str | None


class PayoutFailure(Reasoned, frozen=True):
    """Why a payout came to nothing."""

    reason: Annotated[str, Meta(max_length=500)]


class PayoutPayment(Reasoned, frozen=True):
    """By which `reference` of the bank a payout was paid."""

    reference: Annotated[str, Meta(max_length=80)]
