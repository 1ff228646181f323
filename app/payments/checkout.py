"""What goes on between the database and the payment provider: links, proofs of payment, refunds.

The database decides before and after; here its questions are carried to Xendit and the answers back, by the API when
somebody asks for something and by the listener when an answer is owed. No transaction is open meanwhile.
"""

from uuid import UUID

from app.payments.xendit import Failure, RefundAnswer, Refused, Unanswered, Xendit
from app.postgres.database import Run
from app.settings import XenditSettings
from app.shapes.payments import PaymentRequest, PaymentRequestDetails
from app.sql import payments, refunds

# What record_refund calls the states of a refund at Xendit; in any other it is under way.
_SETTLED = {"SUCCEEDED": "succeeded", "FAILED": "failed", "CANCELLED": "failed"}


def lacking(settings: XenditSettings) -> str | None:
    """A sentence, when nobody can pay: in production the manual provider takes no money, and there is no other."""
    if settings.is_production and not settings.xendit_enabled:
        return (
            "no payment provider: POST /api/payment-requests answers 502 PAYMENT_PROVIDER_UNAVAILABLE;"
            " set XENDIT_ENABLED=true, XENDIT_SECRET_KEY and XENDIT_WEBHOOK_TOKEN"
        )
    return None


async def open_checkout(run: Run, xendit: Xendit, payment: PaymentRequest, *, customer_id: UUID) -> PaymentRequest:
    """Have a link made for a payment request and attach it; whatever fails, the request is given up.

    Raises Refused, Unanswered, and what attaching raises. A process that dies in between leaves a request without a
    link, which expires.
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
    """The provider's own words about a link, as JSON for the database; None when there was no answer."""
    try:
        return await xendit.link(provider_ref)
    except Failure:
        return None


async def send_refund(
    run: Run, xendit: Xendit | None, *, refund_id: UUID, amount: int, payment_ref: str | None
) -> PaymentRequestDetails:
    """Ask the provider for a refund and record what it said.

    The failure is recorded too, before Refused or Unanswered is raised. Asking again with the same id pays once.
    """
    try:
        if xendit is None:
            raise Unanswered("XENDIT_ENABLED=false")
        answer = await xendit.create_refund(refund_id=refund_id, amount=amount, payment_ref=payment_ref)
    except Failure as failure:
        status = "refused" if isinstance(failure, Refused) else "unanswered"
        await run(refunds.record_refund, refund_id=refund_id, status=status, failure=str(failure))
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
