"""Packages, payment requests, refunds and webhooks."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from app.runtime.instant import Instant
from app.shapes.base import MAX_BIGINT, Page, Reasoned, Reply, Request


class NewPaymentRequest(Request, frozen=True):
    """What to pay for; the package says the amount and the duration."""

    package_id: UUID
    is_extension: bool = False
    session_id: UUID | None = None


class PaymentRequestPage(Page, frozen=True):
    """Which payment requests, and which part of the list."""

    status: "PaymentStatus | None" = None
    refund_status: "RefundStatus | None" = None


class RefundRequest(Reasoned, frozen=True):
    """What to pay back; without `amount`: what is due, or else all that is still kept. `reason` is one line."""

    amount: Annotated[int, Meta(ge=1, le=MAX_BIGINT)] | None = None


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


class Package(Reply, frozen=True):
    """Minutes for rupiah; `price` is what this customer would pay."""

    id: UUID
    name: str
    duration_minutes: int
    price: int
    is_extension: bool
    is_first_session_discount: bool


class Packages(Reply, frozen=True):
    """What can be bought. It is one page, so `next_cursor` is null."""

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
    """A refund; `id` is our reference at the provider, `provider_ref` the provider's own id."""

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
    """What came of a webhook: `is_repeat` if it was received before, `is_flagged` if an operator should look at it."""

    receipt_id: UUID
    outcome: str
    is_flagged: bool
    is_repeat: bool
