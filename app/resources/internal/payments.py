"""Payment requests, as the control centre sees them, and paying money back."""

from uuid import UUID

from app.http.call import Call
from app.http.operation import Permission
from app.http.resource import Resource, Routes, operation
from app.payments.checkout import send_refund
from app.payments.xendit import Failure
from app.problems import Problem
from app.services import InternalServices
from app.shapes.payments import PaymentRequestDetails, PaymentRequestPage, PaymentRequests, RefundRequest
from app.sql import payments, refunds


class PaymentRequestList(Resource):
    """GET /internal/payment-requests."""

    @operation(allow="cc", needs=Permission("payments", "read"), refuses=("NOT_FOUND",))
    async def on_get(self, call: Call, query: PaymentRequestPage) -> PaymentRequests:
        """Give payment requests, newest first.

        `refund_status=due` is the queue of refunds to be made.
        """
        return await call.sql(
            payments.list_payment_requests,
            refund_status=query.refund_status,
            status=query.status,
            limit=query.limit,
            cursor=query.cursor,
        )


class FindPaymentRequest(Resource):
    """GET /internal/payment-requests/{payment_request_id}."""

    @operation(name="OnePaymentRequest_get", allow="cc", needs=Permission("payments", "read"))
    async def on_get(self, call: Call, payment_request_id: UUID) -> PaymentRequestDetails:
        """Give a payment request, with its latest refund."""
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

        A payment by hand counts as paid back at once. Otherwise the provider is asked, and its webhook says what became
        of it. Asking again while a refund is under way pays once; with the same Idempotency-Key also after it was paid.
        """
        payment = await call.sql(
            refunds.request_refund,
            payment_request_id=payment_request_id,
            amount=body.amount,
            reason=body.reason,
            actor_id=call.user.sub,
            request_key=call.key,
        )
        refund = payment.refund
        if refund is None or refund.status != "requested" or refund.provider_ref is not None:
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


ROUTES: Routes = {
    "/internal/payment-requests": PaymentRequestList,
    "/internal/payment-requests/{payment_request_id:uuid}": FindPaymentRequest,
    "/internal/payment-requests/{payment_request_id:uuid}/refund": RefundPaymentRequest,
}
