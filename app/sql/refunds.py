"""Money paid back."""

from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.shapes.payments import PaymentRequestDetails
from app.sql.query import one, rows


class UnsentRefund(msgspec.Struct, frozen=True):
    """A refund of which nobody knows whether the provider heard; `provider_payment_ref` names the money there."""

    refund_id: UUID
    payment_request_id: UUID
    amount: int
    provider_payment_ref: str | None


class OpenRefund(msgspec.Struct, frozen=True):
    """A refund that the provider took and has not settled."""

    refund_id: UUID
    provider_ref: str


async def request_refund(
    conn: Connection,
    *,
    payment_request_id: UUID,
    amount: int | None,
    reason: str | None,
    actor_id: UUID | None,
    request_key: str | None,
) -> PaymentRequestDetails:
    """Pay money back, or begin to; the same request again (`request_key`) finds its refund.

    Source: api.request_refund.
    """
    return await one(
        conn,
        PaymentRequestDetails,
        """
        SELECT api.request_refund(
            p_payment_request_id => %(id)s, p_amount => %(amount)s::bigint,
            p_reason => %(reason)s, p_actor_id => %(actor_id)s, p_request_key => %(request_key)s)
        """,
        {
            "id": payment_request_id,
            "amount": amount,
            "reason": reason,
            "actor_id": actor_id,
            "request_key": request_key,
        },
    )


async def record_refund(
    conn: Connection, *, refund_id: UUID, status: str, provider_ref: str | None = None, failure: str | None = None
) -> PaymentRequestDetails:
    """Write down what the provider said of a refund. Source: api.record_refund."""
    return await one(
        conn,
        PaymentRequestDetails,
        """
        SELECT api.record_refund(
            p_refund_id => %(id)s, p_status => %(status)s, p_provider_ref => %(provider_ref)s, p_failure => %(failure)s)
        """,
        {"id": refund_id, "status": status, "provider_ref": provider_ref, "failure": failure},
    )


async def refunds_to_send(conn: Connection, *, provider: str, after: UUID | None, limit: int) -> list[UnsentRefund]:
    """Give the next refunds, by id, whose request may never have reached the provider. Source: api.refunds_to_send."""
    return await rows(
        conn,
        UnsentRefund,
        """
        SELECT * FROM api.refunds_to_send(
            p_provider => %(provider)s, p_after => %(after)s, p_limit => %(limit)s::integer)
        """,
        {"provider": provider, "after": after, "limit": limit},
    )


async def refunds_to_reconcile(conn: Connection, *, provider: str, after: UUID | None, limit: int) -> list[OpenRefund]:
    """Give the next refunds, by id, that the provider has not settled. Source: api.refunds_to_reconcile."""
    return await rows(
        conn,
        OpenRefund,
        """
        SELECT * FROM api.refunds_to_reconcile(
            p_provider => %(provider)s, p_after => %(after)s, p_limit => %(limit)s::integer)
        """,
        {"provider": provider, "after": after, "limit": limit},
    )
