"""Payment requests, as the control centre sees them, and paying money back."""

from uuid import UUID

from app.http.call import Call
from app.http.operation import Permission
from app.http.resource import Resource, Routes, operation
from app.payments.checkout import send_refund
from app.payments.xendit import Failure
from app.problems import Problem
from app.services import InternalServices
from app.shapes.base import Page
from app.shapes.payments import (
    MoneyBalance,
    MoneyQuery,
    OwedRefunds,
    PaymentRequestDetails,
    PaymentRequestPage,
    PaymentRequests,
    RefundConfirmation,
    RefundRequest,
    ReturnedBalance,
)
from app.sql import payments, refunds


class PaymentRequestList(Resource):
    """GET /internal/payment-requests."""

    @operation(allow="cc", needs=Permission("payments", "read"), refuses=("NOT_FOUND",))
    async def on_get(self, call: Call, query: PaymentRequestPage) -> PaymentRequests:
        """Give payment requests, newest first.

        `flagged=true`: a webhook says of them what can't be so; `stuck=true`: they need a person.
        """
        return await call.sql(
            payments.list_payment_requests,
            refund_status=query.refund_status,
            status=query.status,
            provider=query.provider,
            customer_id=query.customer_id,
            session_id=query.session_id,
            is_flagged=query.flagged,
            is_stuck=query.stuck,
            from_at=query.from_,
            to_at=query.to,
            q=query.q,
            limit=query.limit,
            cursor=query.cursor,
        )


class FindPaymentRequest(Resource):
    """GET /internal/payment-requests/{payment_request_id}."""

    @operation(name="OnePaymentRequest_get", allow="cc", needs=Permission("payments", "read"))
    async def on_get(self, call: Call, payment_request_id: UUID) -> PaymentRequestDetails:
        """Give a payment request, with its refunds."""
        return await call.sql(payments.find_payment_request, payment_request_id=payment_request_id)


class RefundPaymentRequest(Resource):
    """POST /internal/payment-requests/{payment_request_id}/refund."""

    services: InternalServices

    @operation(
        allow="cc",
        needs=Permission("payments", "update"),
        idempotent=True,
        calls_provider=True,
        refuses=("INVALID_STATE", "PAYMENT_PROVIDER_UNAVAILABLE"),
    )
    async def on_post(self, call: Call, body: RefundRequest, payment_request_id: UUID) -> PaymentRequestDetails:
        """Pay money back: `amount`; without it what is due, or else all of a payment of which nothing was refunded.

        By way `provider` a payment by hand counts as paid back at once; otherwise the provider is asked, and its
        webhook says what became of it. By way `transfer` a second user says so (`refund/confirm`). By way `credit` it
        is in the customer's balance at once. `ways` of the payment request says which are open. Asking again while a
        refund is under way pays once; with the same Idempotency-Key also after it was paid.
        """
        payment = await call.sql(
            refunds.request_refund,
            payment_request_id=payment_request_id,
            amount=body.amount,
            reason=body.reason,
            actor_id=call.user.sub,
            request_key=call.key,
            way=body.way,
            customer_consented=body.customer_consented,
        )
        refund = payment.refund
        if refund is None or (refund.way, refund.status, refund.provider_ref) != ("provider", "requested", None):
            return payment
        try:
            return await send_refund(
                call.sql,
                self.services.xendit,
                refund_id=refund.id,
                amount=refund.amount,
                payment_ref=refund.provider_payment_ref,
            )
        except Failure as failure:
            raise Problem(
                "PAYMENT_PROVIDER_UNAVAILABLE",
                f"The payment provider did not take the refund ({failure}); the money is still due.",
                hint="Ask again with the same Idempotency-Key, or look first whether it was refunded meanwhile.",
            ) from None


class ConfirmRefund(Resource):
    """POST /internal/payment-requests/{payment_request_id}/refund/confirm."""

    @operation(
        allow="cc",
        needs=Permission("payments", "update"),
        idempotent=True,
        refuses=("INVALID_STATE", "SECOND_USER_REQUIRED"),
    )
    async def on_post(self, call: Call, body: RefundConfirmation, payment_request_id: UUID) -> PaymentRequestDetails:
        """Say what became of a transfer, as a second user: paid, or not paid, so that the money is due again.

        A refund of which the provider gave no answer can be said not to be paid, too.
        """
        return await call.sql(
            refunds.confirm_refund,
            payment_request_id=payment_request_id,
            paid=body.paid,
            bank=body.bank,
            reference=body.reference,
            paid_at=body.paid_at,
            reason=body.reason,
            actor_id=call.user.sub,
        )


class RefundDueList(Resource):
    """GET /internal/refund-due."""

    @operation(allow="cc", needs=Permission("payments", "read"))
    async def on_get(self, call: Call, query: Page) -> OwedRefunds:
        """Give what is to be paid back, the longest owed first, with the ways that are open."""
        return await call.sql(refunds.list_refund_due, limit=query.limit, cursor=query.cursor)


class ReturnBalance(Resource):
    """POST /internal/customers/{customer_id}/return-balance."""

    @operation(allow="cc", needs=Permission("payments", "update"), idempotent=True, refuses=("INVALID_STATE",))
    async def on_post(self, call: Call, customer_id: UUID) -> ReturnedBalance:
        """Make a customer's balance due again, of the payment requests it came from, so that it is paid out."""
        return await call.sql(refunds.return_balance, customer_id=customer_id, actor_id=call.user.sub)


class Money(Resource):
    """GET /internal/money."""

    @operation(allow="cc", needs=Permission("payments", "read"))
    async def on_get(self, call: Call, query: MoneyQuery) -> MoneyBalance:
        """Give where all confirmed money is, and that nothing of it is missing.

        `proof=true` counts anew from every payment, which takes longer the more there are, and waits for its turn.
        """
        if not query.proof:
            return await call.sql(payments.money_balance, proof=False)
        async with self.services.reports.one():
            return await self.services.db.call_within(
                InternalServices.report_timeout, payments.money_balance, proof=True
            )


ROUTES: Routes = {
    "/internal/money": Money,
    "/internal/refund-due": RefundDueList,
    "/internal/customers/{customer_id:uuid}/return-balance": ReturnBalance,
    "/internal/payment-requests": PaymentRequestList,
    "/internal/payment-requests/{payment_request_id:uuid}": FindPaymentRequest,
    "/internal/payment-requests/{payment_request_id:uuid}/refund": RefundPaymentRequest,
    "/internal/payment-requests/{payment_request_id:uuid}/refund/confirm": ConfirmRefund,
}
