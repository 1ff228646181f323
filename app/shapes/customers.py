"""Customers, as the control centre sees them."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, field

from app.runtime.instant import Instant
from app.shapes.accounts import DataExportState
from app.shapes.base import Moment, Page, Reasoned, Reply
from app.shapes.control_centre import FailedPairing
from app.shapes.payments import PaymentRequestDetails
from app.shapes.phones import Phone
from app.shapes.reports import BlockLine, ReportLine
from app.shapes.sessions import SessionLine


class CustomerPage(Page, frozen=True):
    """Which customers, and which part of the list; those who came from `from` to before `to`."""

    is_anonymous: bool | None = None
    is_deleted: bool | None = None
    from_: Moment | None = field(name="from", default=None)
    to: Moment | None = None
    q: Annotated[str, Meta(min_length=1, max_length=80)] | None = None
    phones: bool = True


class CustomerSearch(Reasoned, frozen=True):
    """The phone of the customer to find. It is in the body, so that no address holds it."""

    phone: Phone


class Customer(Reply, frozen=True):
    """A customer; `deleted_at` is null unless the customer left."""

    id: UUID
    display_name: str | None
    phone: str | None
    is_anonymous: bool
    locale: Literal["id", "en"]
    open_session_id: UUID | None
    created_at: Instant
    deleted_at: Instant | None


class Customers(Reply, frozen=True):
    """A page of customers, newest first."""

    items: list[Customer]
    next_cursor: str | None


class RefundLine(Reply, frozen=True):
    """A refund in a short list."""

    id: UUID
    payment_request_id: UUID
    amount: int
    status: str
    requested_at: Instant
    settled_at: Instant | None


class Transaction(Reply, frozen=True):
    """What a customer was charged, or was given back."""

    id: UUID
    type: str
    amount: int
    session_id: UUID | None
    payment_request_id: UUID | None
    created_at: Instant


class CustomerDetails(Customer, frozen=True):
    """A customer with the newest twenty of each list, newest first; `balance` is whole rupiah."""

    balance: int
    data_export: DataExportState | None
    sessions: list[SessionLine]
    payment_requests: list[PaymentRequestDetails]
    refunds: list[RefundLine]
    transactions: list[Transaction]
    blocks: list[BlockLine]
    reports: list[ReportLine]
    failed_pairings: list[FailedPairing]
