"""Webhooks of the payment provider: what they said, what became of them, and judging them again."""

from uuid import UUID

from app.http.call import Call
from app.http.operation import Permission
from app.http.resource import Resource, Routes, operation
from app.payments.checkout import proof
from app.payments.xendit import PROVIDER
from app.services import InternalServices
from app.shapes.payments import ReceivedWebhooks, WebhookDetails, WebhookPage
from app.sql import webhooks


class WebhookList(Resource):
    """GET /internal/webhooks."""

    @operation(allow="cc", needs=Permission("webhooks", "read"))
    async def on_get(self, call: Call, query: WebhookPage) -> ReceivedWebhooks:
        """Give webhooks, newest first, and what the provider said when it was asked (event `reconciliation`).

        `flagged=true`: they say what can't be so, and a person must look.
        """
        return await call.sql(
            webhooks.list_webhooks,
            outcome=query.outcome,
            is_flagged=query.flagged,
            payment_request_id=query.payment_request_id,
            from_at=query.from_,
            to_at=query.to,
            limit=query.limit,
            cursor=query.cursor,
        )


class OneWebhook(Resource):
    """GET /internal/webhooks/{receipt_id}."""

    @operation(allow="cc", needs=Permission("webhooks", "read"))
    async def on_get(self, call: Call, receipt_id: UUID) -> WebhookDetails:
        """Give a webhook, with its body for who has pii:read."""
        call.is_audited = True
        return await call.sql(webhooks.find_webhook, receipt_id=receipt_id, actor_id=call.user.sub)


class ProcessWebhook(Resource):
    """POST /internal/webhooks/{receipt_id}/process."""

    services: InternalServices

    @operation(allow="cc", needs=Permission("webhooks", "update"), idempotent=True, calls_provider=True)
    async def on_post(self, call: Call, receipt_id: UUID) -> WebhookDetails:
        """Ask the provider about the payment that a webhook names, and judge the webhook again.

        A webhook that had its effect stays as it is, so this is safe to repeat.
        """
        question = await call.sql(webhooks.question_again, receipt_id=receipt_id)
        xendit, answer = self.services.xendit, None
        if question is not None and question.provider == PROVIDER and xendit is not None:
            answer = await proof(xendit, question.provider_ref)
        return await call.sql(
            webhooks.process_webhook_again, receipt_id=receipt_id, answer=answer, actor_id=call.user.sub
        )


ROUTES: Routes = {
    "/internal/webhooks": WebhookList,
    "/internal/webhooks/{receipt_id:uuid}": OneWebhook,
    "/internal/webhooks/{receipt_id:uuid}/process": ProcessWebhook,
}
