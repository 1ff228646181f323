"""What can be bought, and requests for money."""

from datetime import datetime
from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.shapes.payments import MoneyBalance, Packages, PaymentRequest, PaymentRequestDetails, PaymentRequests
from app.sql.function import Json, sql_function


class OpenLink(msgspec.Struct, frozen=True):
    """A link on which no money has arrived, as far as we know."""

    payment_request_id: UUID
    provider_ref: str


@sql_function("api.packages")
async def packages(conn: Connection, *, customer_id: UUID | None, limit: int | None, cursor: str | None) -> Packages:
    """Give what can be bought, at the prices that hold for this customer."""


@sql_function("api.create_payment_request")
async def create_payment_request(
    conn: Connection,
    *,
    customer_id: UUID,
    package_id: UUID,
    is_extension: bool,
    session_id: UUID | None,
    anyone_available: bool | None,
    provider: str,
    use_credit: bool,
    request_key: str | None,
    preferred_mitra_id: UUID | None,
) -> PaymentRequest:
    """Ask for money; `anyone_available` is what Valkey says, None lets PostgreSQL judge.

    With `use_credit` the balance pays, if it covers the whole amount; the same `request_key` again buys nothing more.
    """


@sql_function("api.payment_request")
async def payment_request(conn: Connection, *, payment_request_id: UUID, customer_id: UUID) -> PaymentRequest:
    """Give a customer's payment request."""


@sql_function("api.cancel_payment_request")
async def cancel_payment_request(conn: Connection, *, payment_request_id: UUID, customer_id: UUID) -> PaymentRequest:
    """Take back a request that nobody paid."""


@sql_function("api.confirm_manual_payment")
async def confirm_manual_payment(conn: Connection, *, payment_request_id: UUID, customer_id: UUID) -> PaymentRequest:
    """Count a request of the manual provider as paid."""


@sql_function("api.attach_checkout")
async def attach_checkout(
    conn: Connection, *, payment_request_id: UUID, customer_id: UUID, provider_ref: str, checkout_url: str
) -> PaymentRequest:
    """Write down the link on which a request is paid, and begin its search if the search comes before the money."""


@sql_function("api.abandon_checkout")
async def abandon_checkout(
    conn: Connection, *, payment_request_id: UUID, customer_id: UUID, provider_ref: str | None
) -> None:
    """Give up a request whose link could not be made, or not be used."""


@sql_function("api.links_to_reconcile")
async def links_to_reconcile(conn: Connection, *, provider: str, after: UUID | None, limit: int) -> list[OpenLink]:
    """Give the next links, by id, on which money may have arrived without a webhook."""


@sql_function("api.reconcile_payment")
async def reconcile_payment(conn: Connection, *, payment_request_id: UUID, answer: Json) -> str:
    """Apply what the provider says of a link. Returns confirmed, expired, unchanged or mismatch."""


@sql_function("api.find_payment_request")
async def find_payment_request(conn: Connection, *, payment_request_id: UUID) -> PaymentRequestDetails:
    """Give any payment request, as the control centre sees it."""


@sql_function("api.list_payment_requests")
async def list_payment_requests(
    conn: Connection,
    *,
    refund_status: str | None,
    status: str | None,
    provider: str | None,
    customer_id: UUID | None,
    session_id: UUID | None,
    is_flagged: bool | None,
    is_stuck: bool | None,
    from_at: datetime | None,
    to_at: datetime | None,
    q: str | None,
    limit: int,
    cursor: str | None,
) -> PaymentRequests:
    """Give a page of payment requests, newest first."""


@sql_function("api.money_balance")
async def money_balance(conn: Connection, *, proof: bool) -> MoneyBalance:
    """Give where all confirmed money is; with `proof` counted anew from every payment."""
