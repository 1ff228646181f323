"""What can be bought, and requests for money."""

from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.shapes.payments import Packages, PaymentRequest, PaymentRequestDetails, PaymentRequests
from app.sql.query import one, rows, value


class OpenLink(msgspec.Struct, frozen=True):
    """A link on which no money has arrived that we know of."""

    payment_request_id: UUID
    provider_ref: str


async def packages(conn: Connection, *, customer_id: UUID | None) -> Packages:
    """Give what can be bought, at the prices that hold for this customer. Source: api.packages."""
    return await one(
        conn, Packages, "SELECT api.packages(p_customer_id => %(customer_id)s)", {"customer_id": customer_id}
    )


async def create_payment_request(
    conn: Connection,
    *,
    customer_id: UUID,
    package_id: UUID,
    is_extension: bool,
    session_id: UUID | None,
    anyone_available: bool | None,
    provider: str,
) -> PaymentRequest:
    """Ask for money; `anyone_available` is Valkey's word, None lets PostgreSQL judge.

    Source: api.create_payment_request.
    """
    return await one(
        conn,
        PaymentRequest,
        """
        SELECT api.create_payment_request(
            p_customer_id => %(customer_id)s, p_package_id => %(package_id)s, p_is_extension => %(is_extension)s,
            p_session_id => %(session_id)s, p_anyone_available => %(anyone_available)s, p_provider => %(provider)s)
        """,
        {
            "customer_id": customer_id,
            "package_id": package_id,
            "is_extension": is_extension,
            "session_id": session_id,
            "anyone_available": anyone_available,
            "provider": provider,
        },
    )


async def payment_request(conn: Connection, *, payment_request_id: UUID, customer_id: UUID) -> PaymentRequest:
    """Give a customer's payment request. Source: api.payment_request."""
    return await one(
        conn,
        PaymentRequest,
        "SELECT api.payment_request(p_payment_request_id => %(id)s, p_customer_id => %(customer_id)s)",
        {"id": payment_request_id, "customer_id": customer_id},
    )


async def cancel_payment_request(conn: Connection, *, payment_request_id: UUID, customer_id: UUID) -> PaymentRequest:
    """Take back a request that nobody paid. Source: api.cancel_payment_request."""
    return await one(
        conn,
        PaymentRequest,
        "SELECT api.cancel_payment_request(p_payment_request_id => %(id)s, p_customer_id => %(customer_id)s)",
        {"id": payment_request_id, "customer_id": customer_id},
    )


async def confirm_manual_payment(conn: Connection, *, payment_request_id: UUID, customer_id: UUID) -> PaymentRequest:
    """Count a request of the manual provider as paid. Source: api.confirm_manual_payment."""
    return await one(
        conn,
        PaymentRequest,
        "SELECT api.confirm_manual_payment(p_payment_request_id => %(id)s, p_customer_id => %(customer_id)s)",
        {"id": payment_request_id, "customer_id": customer_id},
    )


async def attach_checkout(
    conn: Connection, *, payment_request_id: UUID, customer_id: UUID, provider_ref: str, checkout_url: str
) -> PaymentRequest:
    """Write down where a request is paid, and begin its search if that comes first. Source: api.attach_checkout."""
    return await one(
        conn,
        PaymentRequest,
        """
        SELECT api.attach_checkout(
            p_payment_request_id => %(id)s, p_customer_id => %(customer_id)s,
            p_provider_ref => %(provider_ref)s, p_checkout_url => %(checkout_url)s)
        """,
        {
            "id": payment_request_id,
            "customer_id": customer_id,
            "provider_ref": provider_ref,
            "checkout_url": checkout_url,
        },
    )


async def abandon_checkout(
    conn: Connection, *, payment_request_id: UUID, customer_id: UUID, provider_ref: str | None
) -> None:
    """Give up a request for which no link could be made, or used. Source: api.abandon_checkout."""
    await value(
        conn,
        """
        SELECT api.abandon_checkout(
            p_payment_request_id => %(id)s, p_customer_id => %(customer_id)s, p_provider_ref => %(provider_ref)s)
        """,
        {"id": payment_request_id, "customer_id": customer_id, "provider_ref": provider_ref},
    )


async def links_to_reconcile(conn: Connection, *, provider: str, after: UUID | None, limit: int) -> list[OpenLink]:
    """Give the next links, by id, on which money may have arrived unheard. Source: api.links_to_reconcile."""
    return await rows(
        conn,
        OpenLink,
        """
        SELECT * FROM api.links_to_reconcile(
            p_provider => %(provider)s, p_after => %(after)s, p_limit => %(limit)s::integer)
        """,
        {"provider": provider, "after": after, "limit": limit},
    )


async def reconcile_payment(conn: Connection, *, payment_request_id: UUID, answer: str) -> str:
    """Believe what the provider says of a link; what came of it. Source: api.reconcile_payment."""
    outcome: str = await value(
        conn,
        "SELECT api.reconcile_payment(p_payment_request_id => %(id)s, p_answer => %(answer)s::jsonb)",
        {"id": payment_request_id, "answer": answer},
    )
    return outcome


async def find_payment_request(conn: Connection, *, payment_request_id: UUID) -> PaymentRequestDetails:
    """Give any payment request, as the control centre sees it. Source: api.find_payment_request."""
    return await one(
        conn,
        PaymentRequestDetails,
        "SELECT api.find_payment_request(p_payment_request_id => %(id)s)",
        {"id": payment_request_id},
    )


async def list_payment_requests(
    conn: Connection, *, refund_status: str | None, status: str | None, limit: int, cursor: str | None
) -> PaymentRequests:
    """Give a page of payment requests, newest first. Source: api.list_payment_requests."""
    return await one(
        conn,
        PaymentRequests,
        """
        SELECT api.list_payment_requests(
            p_refund_status => %(refund_status)s, p_status => %(status)s,
            p_limit => %(limit)s::integer, p_cursor => %(cursor)s)
        """,
        {"refund_status": refund_status, "status": status, "limit": limit, "cursor": cursor},
    )
