"""The way between the database and the payment provider: links, proofs of payment, refunds.

The database decides before and after. This module carries its questions to Xendit and the answers back: for the API in
a request, and for the listener where an answer is still missing. No transaction is open while Xendit is asked.
"""

from uuid import UUID

from app.payments.xendit import Failure, RefundAnswer, Unanswered, Xendit
from app.postgres.database import Run
from app.settings import XenditSettings
from app.shapes.payments import PaymentRequest, PaymentRequestDetails
from app.sql import payments, refunds

# A refund's states at Xendit, as api.record_refund calls them; in any other state it is under way.
_SETTLED = {"SUCCEEDED": "succeeded", "FAILED": "failed", "CANCELLED": "failed"}


def why_nobody_can_pay(settings: XenditSettings) -> str | None:
    """A sentence when nobody can pay: in production without Xendit, since the manual provider is for development."""
    if settings.is_production and not settings.xendit_enabled:
        return (
            "no payment provider: POST /api/payment-requests answers 502 PAYMENT_PROVIDER_UNAVAILABLE;"
            " set XENDIT_ENABLED=true, XENDIT_SECRET_KEY and XENDIT_WEBHOOK_TOKEN"
        )
    return None


async def open_checkout(run: Run, xendit: Xendit, payment: PaymentRequest, *, customer_id: UUID) -> PaymentRequest:
    """Have a link made for a payment request, and attach it. When any of it fails, the request is abandoned.

    Raises Failure, and what attaching raises. A process that dies in between leaves a payment request without a link,
    which expires.
    """
    link = None
    try:
        link = await xendit.create_link(payment)
        return await run(
            payments.attach_checkout,
            payment_request_id=payment.id,
            customer_id=customer_id,
            provider_ref=link.payment_session_id,
            checkout_url=link.payment_link_url,
        )
    except Exception:
        await run(
            payments.abandon_checkout,
            payment_request_id=payment.id,
            customer_id=customer_id,
            provider_ref=None if link is None else link.payment_session_id,
        )
        raise


async def proof(xendit: Xendit, provider_ref: str) -> str | None:
    """The provider's answer about a link as it came, JSON for the database; None without an answer."""
    try:
        return await xendit.link(provider_ref)
    except Failure:
        return None


async def send_refund(
    run: Run, xendit: Xendit | None, *, refund_id: UUID, amount: int, payment_ref: str | None
) -> PaymentRequestDetails:
    """Ask the provider for a refund, and record its answer.

    A failure is recorded too, before it is raised. Asking again with the same id pays once.
    """
    try:
        if xendit is None:
            raise Unanswered("XENDIT_ENABLED=false")
        answer = await xendit.create_refund(refund_id=refund_id, amount=amount, payment_ref=payment_ref)
    except Failure as failure:
        await run(refunds.record_refund, refund_id=refund_id, status=failure.outcome, failure=str(failure))
        raise
    return await record(run, refund_id, answer)


async def record(run: Run, refund_id: UUID, answer: RefundAnswer) -> PaymentRequestDetails:
    """Record how far the provider says a refund is."""
    return await run(
        refunds.record_refund,
        refund_id=refund_id,
        status=_SETTLED.get(answer.status, "sent"),
        provider_ref=answer.id,
        failure=answer.failure_code,
    )
