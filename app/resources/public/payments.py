"""What can be bought, and paying for it."""

from uuid import UUID

from app.http.call import Call
from app.http.operation import RateRule
from app.http.resource import Resource, Routes, operation
from app.payments.checkout import open_checkout, why_nobody_can_pay
from app.payments.xendit import PROVIDER, Failure
from app.problems import Problem
from app.services import PublicServices
from app.shapes.base import ShortPage
from app.shapes.payments import NewPaymentRequest, Packages, PaymentRequest
from app.sql import payments


class PackageList(Resource):
    """GET /api/packages."""

    @operation(optional_token=True)
    async def on_get(self, call: Call, query: ShortPage) -> Packages:
        """Give what can be bought.

        With a customer's token, at the first-session price where it applies.
        """
        claims = call.claims
        customer_id = claims.sub if claims is not None and claims.typ == "customer" else None
        return await call.sql(payments.packages, customer_id=customer_id, limit=query.limit, cursor=query.cursor)


class RequestPayment(Resource):
    """POST /api/payment-requests."""

    @operation(
        name="PaymentRequests_post",
        allow="customer",
        status=201,
        rates=(RateRule("payment_request_rate", "user"),),
        idempotent=True,
        calls_provider=True,
        refuses=(
            "NO_MITRA_AVAILABLE", "SESSION_ALREADY_OPEN", "NOT_FOUND", "INVALID_STATE", "SESSION_NOT_ACTIVE",
            "PACKAGE_REPLACED", "PAYMENT_PROVIDER_UNAVAILABLE",
        ),
    )  # fmt: skip
    async def on_post(self, call: Call, body: NewPaymentRequest) -> PaymentRequest:
        """Ask for a payment link.

        With `use_credit`, a balance that covers the whole amount pays at once, without a link; a smaller one stays as
        it is. Refused before any money moves when nobody could answer, or when a session is open already; an extension
        of a session is refused for neither.
        """
        xendit = self.services.xendit
        if why_nobody_can_pay(self.services.settings):
            raise Problem("PAYMENT_PROVIDER_UNAVAILABLE", hint="The operator has to set up a payment provider.")
        candidates = await self.services.gateway.candidates(1)
        payment = await call.sql(
            payments.create_payment_request,
            customer_id=call.user.sub,
            package_id=body.package_id,
            is_extension=body.is_extension,
            session_id=body.session_id,
            anyone_available=None if candidates is None else bool(candidates),
            provider="manual" if xendit is None else PROVIDER,
            use_credit=body.use_credit,
            request_key=call.key,
            preferred_mitra_id=body.preferred_mitra_id,
        )
        if xendit is None or payment.provider != PROVIDER:
            return payment
        try:
            return await open_checkout(call.sql, xendit, payment, customer_id=call.user.sub)
        except Failure:
            raise Problem("PAYMENT_PROVIDER_UNAVAILABLE", hint="Try again in a moment; nothing was paid.") from None


class OwnPaymentRequest(Resource):
    """GET /api/payment-requests/{payment_request_id}."""

    @operation(name="OnePaymentRequest_get", allow="customer")
    async def on_get(self, call: Call, payment_request_id: UUID) -> PaymentRequest:
        """Give a payment request."""
        return await call.sql(
            payments.payment_request, payment_request_id=payment_request_id, customer_id=call.user.sub
        )


class CancelPaymentRequest(Resource):
    """POST /api/payment-requests/{payment_request_id}/cancel."""

    @operation(allow="customer", idempotent=True, refuses=("INVALID_STATE",))
    async def on_post(self, call: Call, payment_request_id: UUID) -> PaymentRequest:
        """Cancel a request that is not paid."""
        return await call.sql(
            payments.cancel_payment_request, payment_request_id=payment_request_id, customer_id=call.user.sub
        )


class ConfirmPaymentRequest(Resource):
    """POST /api/payment-requests/{payment_request_id}/confirm."""

    services: PublicServices

    @operation(allow="customer", idempotent=True, refuses=("INVALID_STATE",))
    async def on_post(self, call: Call, payment_request_id: UUID) -> PaymentRequest:
        """Count a request as paid: the manual provider, for development.

        Not found in production and where Xendit is the provider.
        """
        settings = self.services.settings
        if settings.xendit_enabled or settings.is_production:
            raise Problem("NOT_FOUND")
        return await call.sql(
            payments.confirm_manual_payment, payment_request_id=payment_request_id, customer_id=call.user.sub
        )


ROUTES: Routes = {
    "/api/packages": PackageList,
    "/api/payment-requests": RequestPayment,
    "/api/payment-requests/{payment_request_id:uuid}": OwnPaymentRequest,
    "/api/payment-requests/{payment_request_id:uuid}/cancel": CancelPaymentRequest,
    "/api/payment-requests/{payment_request_id:uuid}/confirm": ConfirmPaymentRequest,
}
