"""Money that is paid back."""

from datetime import datetime
from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.shapes.payments import OwedRefunds, PaymentRequestDetails, ReturnedBalance
from app.sql.function import BigInt, sql_function


class UnsentRefund(msgspec.Struct, frozen=True):
    """A refund that the provider may not have heard of; `provider_payment_ref` is its name for the payment."""

    refund_id: UUID
    payment_request_id: UUID
    amount: int
    provider_payment_ref: str | None


class OpenRefund(msgspec.Struct, frozen=True):
    """A refund that the provider took and has not settled."""

    refund_id: UUID
    provider_ref: str


@sql_function("api.request_refund")
async def request_refund(
    conn: Connection,
    *,
    payment_request_id: UUID,
    amount: BigInt | None,
    reason: str | None,
    actor_id: UUID | None,
    request_key: str | None,
    way: str,
    customer_consented: bool | None,
) -> PaymentRequestDetails:
    """Pay money back, or ask for it by this way; the same `request_key` again finds the same refund."""


@sql_function("api.confirm_refund")
async def confirm_refund(
    conn: Connection,
    *,
    payment_request_id: UUID,
    paid: bool,
    bank: str | None,
    reference: str | None,
    paid_at: datetime | None,
    reason: str | None,
    actor_id: UUID | None,
) -> PaymentRequestDetails:
    """Write down what became of a transfer, as a second user says."""


@sql_function("api.return_balance")
async def return_balance(conn: Connection, *, customer_id: UUID, actor_id: UUID | None) -> ReturnedBalance:
    """Make a customer's balance due again."""


@sql_function("api.list_refund_due")
async def list_refund_due(conn: Connection, *, limit: int, cursor: str | None) -> OwedRefunds:
    """Give a page of what is to be paid back, the longest owed first."""


@sql_function("api.record_refund")
async def record_refund(
    conn: Connection, *, refund_id: UUID, status: str, provider_ref: str | None = None, failure: str | None = None
) -> PaymentRequestDetails:
    """Write down what the provider said of a refund."""


@sql_function("api.refunds_to_send")
async def refunds_to_send(conn: Connection, *, provider: str, after: UUID | None, limit: int) -> list[UnsentRefund]:
    """Give the next refunds, by id, that the provider may not have heard of."""


@sql_function("api.refunds_to_reconcile")
async def refunds_to_reconcile(conn: Connection, *, provider: str, after: UUID | None, limit: int) -> list[OpenRefund]:
    """Give the next refunds, by id, that the provider has not settled."""
