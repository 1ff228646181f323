"""Money that is paid back."""

from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.shapes.payments import PaymentRequestDetails
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
) -> PaymentRequestDetails:
    """Pay money back, or ask the provider to; the same `request_key` again finds the same refund."""


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
