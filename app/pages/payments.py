"""Money: where it is, what is to be paid back and by which way, payments that need a person, and webhooks."""

from typing import Any, get_args
from uuid import UUID

from app.pages.screen import Content, Screen
from app.pages.visit import Act, Visit
from app.pages.words import N_
from app.resources.internal import payments, webhooks
from app.shapes.payments import PaymentStatus, Provider, RefundStatus

OUTCOMES = (
    "confirmed",
    "unchanged",
    "expired",
    "noted",
    "refunded",
    "refund_failed",
    "ignored",
    "unverified",
    "mismatch",
    "unknown_reference",
    "not_paid",
    "key_reused",
)


class PaymentsScreen(Screen):
    """GET /payments."""

    template = "payments.html"
    has_filters = True
    section = "payments"
    needs = payments.PaymentRequestList

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for the payments that the filters let through, and where all money is."""
        return {
            "payments": await visit.listed(payments.PaymentRequestList),
            "money": await visit.tile(payments.Money, query={"proof": visit.query.get("proof", "false")}),
            "statuses": get_args(PaymentStatus),
            "refund_statuses": get_args(RefundStatus),
            "providers": get_args(Provider),
            "may_see_webhooks": visit.may(webhooks.WebhookList),
        }


class RefundsScreen(Screen):
    """GET /payments/refunds."""

    template = "refunds.html"
    section = "payments"

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for what is to be paid back."""
        return {
            "owed": await visit.listed(payments.RefundDueList),
            "may_see_webhooks": visit.may(webhooks.WebhookList),
        }


class PaymentScreen(Screen):
    """GET and POST /payments/{payment_request_id}."""

    template = "payment.html"
    section = "payments"
    acts = {
        "refund": Act(payments.RefundPaymentRequest, done=N_("Done. How far the refund is stands below.")),
        "take_over": Act(
            payments.RefundPaymentRequest,
            done=N_("You asked for the transfer now; another user says what became of it."),
        ),
        "paid": Act(payments.ConfirmRefund, done=N_("The transfer is confirmed: the money is paid back.")),
        "not_paid": Act(payments.ConfirmRefund, done=N_("The money is due again.")),
    }

    async def look(self, visit: Visit, payment_request_id: UUID, **_path: Any) -> Content:
        """Ask for the payment, and for what the provider said of it."""
        may_see_webhooks = visit.may(webhooks.WebhookList)
        about = {"payment_request_id": payment_request_id, "limit": 20}
        return {
            "payment": await visit.ask(payments.FindPaymentRequest, payment_request_id=payment_request_id),
            "webhooks": await visit.tile(webhooks.WebhookList, query=about) if may_see_webhooks else None,
            "may_update": visit.may(payments.RefundPaymentRequest, "post"),
        }


class WebhooksScreen(Screen):
    """GET /payments/webhooks."""

    template = "webhooks.html"
    has_filters = True
    section = "payments"

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for the webhooks that the filters let through."""
        return {
            "webhooks": await visit.listed(webhooks.WebhookList),
            "outcomes": OUTCOMES,
            "may_see_webhooks": True,
        }


class WebhookScreen(Screen):
    """GET and POST /payments/webhooks/{receipt_id}."""

    template = "webhook.html"
    section = "payments"
    acts = {"process": Act(webhooks.ProcessWebhook, done=N_("The webhook was judged again; its outcome is below."))}

    async def look(self, visit: Visit, receipt_id: UUID, **_path: Any) -> Content:
        """Ask for the webhook."""
        return {
            "webhook": await visit.ask(webhooks.OneWebhook, receipt_id=receipt_id),
            "may_update": visit.may(webhooks.ProcessWebhook, "post"),
        }


SCREENS = {
    "/payments": PaymentsScreen,
    "/payments/refunds": RefundsScreen,
    "/payments/webhooks": WebhooksScreen,
    "/payments/webhooks/{receipt_id:uuid}": WebhookScreen,
    "/payments/{payment_request_id:uuid}": PaymentScreen,
}
