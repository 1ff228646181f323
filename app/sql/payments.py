"""What can be bought, and requests for money."""

from uuid import UUID

from app.database import Connection
from app.shapes import Packages, PaymentRequest
from app.sql.query import one


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
            p_session_id => %(session_id)s, p_anyone_available => %(anyone_available)s)
        """,
        {
            "customer_id": customer_id,
            "package_id": package_id,
            "is_extension": is_extension,
            "session_id": session_id,
            "anyone_available": anyone_available,
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
