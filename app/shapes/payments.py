"""Packages, payment requests, refunds and webhooks."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from app.runtime.instant import Instant
from app.shapes.base import MAX_BIGINT, Moment, Page, Reasoned, Reply, Request

Line = Annotated[str, Meta(max_length=80)]


class NewPaymentRequest(Request, frozen=True):
    """What to pay for; the package says the amount and the duration.

    With `use_credit` the customer's balance pays, when it covers the whole amount. `preferred_mitra_id` is a mitra who
    served this customer before: the search asks that mitra first.
    """

    package_id: UUID
    is_extension: bool = False
    session_id: UUID | None = None
    use_credit: bool = False
    preferred_mitra_id: UUID | None = None


class PaymentRequestPage(Page, frozen=True):
    """Which payment requests, and which part of the list: those made from `from` on, before `to`."""

    status: "PaymentStatus | None" = None
    refund_status: "RefundStatus | None" = None
    provider: "Provider | None" = None
    customer_id: UUID | None = None
    session_id: UUID | None = None
    flagged: bool | None = None
    stuck: bool | None = None
    from_: Moment | None = msgspec.field(name="from", default=None)
    to: Moment | None = None
    q: Annotated[str, Meta(min_length=1, max_length=80)] | None = None


class MoneyQuery(Request, frozen=True):
    """Whether to count all money anew."""

    proof: bool = False


class RefundRequest(Reasoned, frozen=True, kw_only=True):
    """What to pay back, and why, on one line; without `amount`: what is due, or else all that is still kept.

    Way `credit` is for money that the customer agreed to have in the balance: `customer_consented` may say so, and
    false is refused. Without it `reason` says how the customer agreed.
    """

    reason: Annotated[str, Meta(max_length=500)]
    amount: Annotated[int, Meta(ge=1, le=MAX_BIGINT)] | None = None
    way: "RefundWay" = "provider"
    customer_consented: bool | None = None


class RefundConfirmation(Reasoned, frozen=True):
    """What became of a transfer: paid, with `bank`, `reference` and `paid_at`; or not paid, with `reason`."""

    paid: bool
    bank: Line | None = None
    reference: Line | None = None
    paid_at: Moment | None = None


class WebhookPage(Page, frozen=True):
    """Which webhooks, and which part of the list: those received from `from` on, before `to`."""

    outcome: Annotated[str, Meta(max_length=80)] | None = None
    flagged: bool | None = None
    payment_request_id: UUID | None = None
    from_: Moment | None = msgspec.field(name="from", default=None)
    to: Moment | None = None


class Webhook(msgspec.Struct, frozen=True):
    """What the payment provider sends, as far as we use it. Other fields are allowed, and kept."""

    event: Any = None
    data: Any = None


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
RefundWay = Literal["provider", "transfer", "credit"]
Provider = Literal["manual", "xendit", "credit"]


class Package(Reply, frozen=True):
    """Minutes for rupiah; `price` is what this customer would pay."""

    id: UUID
    name: str
    duration_minutes: int
    price: int
    is_extension: bool
    is_first_session_discount: bool


class Packages(Reply, frozen=True):
    """What can be bought."""

    items: list[Package]
    next_cursor: str | None


class PaymentRequest(Reply, frozen=True):
    """A payment request, and its state."""

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
    """A refund; `id` is our reference at the provider, `provider_ref` the provider's own id.

    `actor_id` asked for it, and may have left; `confirmed_by` said what became of a transfer, by `bank`, `reference`
    and `paid_at`.
    """

    id: UUID
    amount: int
    way: RefundWay
    status: Literal["requested", "unanswered", "succeeded", "failed"]
    provider: str
    provider_payment_ref: str | None
    provider_ref: str | None
    reason: str | None
    failure: str | None
    actor_id: UUID | None
    is_actor_active: bool
    confirmed_by: UUID | None
    bank: str | None
    reference: str | None
    paid_at: Instant | None
    requested_at: Instant
    settled_at: Instant | None


class PaymentRequestDetails(PaymentRequest, frozen=True):
    """A payment request as the control centre sees it: where its money is, and its refunds, latest first.

    `ways` are those by which what is left can be paid back now; `refund` is the latest.
    """

    customer_id: UUID
    provider_ref: str | None
    provider_channel: str | None
    paid_at: Instant | None
    confirmed_at: Instant | None
    consumed_at: Instant | None
    held_amount: int
    kept_amount: int
    refund_due_amount: int
    refunded_amount: int
    credited_amount: int
    ways: list[RefundWay]
    refund: Refund | None
    refunds: list[Refund]


class ListedPayment(PaymentRequestDetails, frozen=True):
    """A payment request of a list; `stuck_why` and `stuck_since` are null unless `stuck=true` asks for such."""

    stuck_why: str | None
    stuck_since: Instant | None


class PaymentRequests(Reply, frozen=True):
    """A page of payment requests, newest first."""

    items: list[ListedPayment]
    next_cursor: str | None


class OwedRefund(Reply, frozen=True):
    """Money that is due: to whom, why, since when, the ways by which it can be paid back, and the last refund."""

    payment_request_id: UUID
    customer_id: UUID
    customer: str | None
    session_id: UUID | None
    provider: Provider
    amount: int
    due: int
    refunded: int
    why: str | None
    since: Instant
    days_owed: int
    refund_status: RefundStatus
    ways: list[RefundWay]
    refund_id: UUID | None
    way: RefundWay | None
    last_refund: Literal["requested", "unanswered", "succeeded", "failed"] | None
    last_asked_at: Instant | None
    failure: str | None


class OwedRefunds(Reply, frozen=True):
    """A page of the refund queue, the longest owed first."""

    items: list[OwedRefund]
    next_cursor: str | None


class ReturnedBalance(Reply, frozen=True):
    """A balance that is due again: how much, and the payment requests of which it is due."""

    customer_id: UUID
    returned: int
    items: list[PaymentRequestDetails]


class MoneyBalance(Reply, frozen=True):
    """Where all confirmed money is, in rupiah.

    `confirmed` less `paid_by_credit` is the sum of `held`, `kept`, `refund_due`, `refunded` and `credit`;
    `unaccounted` is what is missing, always 0. `kept` is the sum of `unassigned`, `platform`, `owed` and `paid_out`.
    """

    confirmed: int
    paid_by_credit: int
    held: int
    kept: int
    refund_due: int
    refunded: int
    credit: int
    unassigned: int
    platform: int
    owed: int
    paid_out: int
    unaccounted: int
    server_time: Instant


class ReceivedWebhook(Reply, frozen=True):
    """A webhook as the control centre sees it: what became of it, and what it says of the money."""

    id: UUID
    provider: str
    event: str | None
    received_at: Instant
    verified_at: Instant | None
    processed_at: Instant | None
    outcome: str | None
    is_flagged: bool
    payment_request_id: UUID | None
    said_reference: str | None
    said_status: str | None
    said_amount: str | None
    said_currency: str | None


class ReceivedWebhooks(Reply, frozen=True):
    """A page of webhooks, newest first."""

    items: list[ReceivedWebhook]
    next_cursor: str | None


class WebhookDetails(ReceivedWebhook, frozen=True):
    """A webhook with its key and its body, which may name who paid: null without the permission pii:read."""

    receipt_key: str
    body: dict[str, Any] | None


class WebhookReceipt(Reply, frozen=True):
    """What came of a webhook: `is_repeat` if it was received before, `is_flagged` if an operator should look at it."""

    receipt_id: UUID
    outcome: str
    is_flagged: bool
    is_repeat: bool
