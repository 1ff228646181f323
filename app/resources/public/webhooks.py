"""What the payment provider tells us."""

import hashlib
import hmac

from app.http.call import Call
from app.http.resource import Resource, Routes, operation
from app.observability import metrics
from app.payments.checkout import proof
from app.payments.xendit import PROVIDER
from app.postgres import unstorable
from app.problems import Problem
from app.services import PublicServices
from app.shapes.payments import Webhook, WebhookReceipt
from app.sql import webhooks

TOKEN_HEADER = "x-callback-token"  # noqa: S105  # the header's name
ID_HEADER = "webhook-id"
LONGEST_ID = 255


def from_xendit(call: Call) -> None:
    """Refuse a caller that does not know the webhook token, in a time that tells nothing about the token."""
    settings = call.services.settings
    if not settings.xendit_enabled or settings.xendit_webhook_token is None:
        raise Problem("NOT_FOUND")
    # A header that is sent twice arrives joined by a comma, so it differs from the token.
    given = (call.req.get_header(TOKEN_HEADER) or "").encode("latin-1", "replace")
    if not hmac.compare_digest(given, settings.xendit_webhook_token.get_secret_value().encode()):
        metrics.webhooks.labels("unauthenticated").inc()
        raise Problem("UNAUTHENTICATED", f"{TOKEN_HEADER} is missing or wrong.")


class XenditWebhooks(Resource):
    """POST /api/webhooks/xendit."""

    services: PublicServices

    @operation(guard=from_xendit, forgiving=True, refuses=("NOT_FOUND", "UNAUTHENTICATED"))
    async def on_post(self, call: Call, body: Webhook) -> WebhookReceipt:  # noqa: ARG002  # read, and sent on as it came
        """Take what Xendit tells.

        A webhook is known by its header webhook-id, or without one by its content: a repeat changes nothing, and other
        content under a used id is kept and flagged. Money is believed when Xendit, asked in return, says the same;
        while Xendit does not answer, the webhook is kept and asked about later. Characters that can't be stored are
        replaced.
        """
        text = unstorable.replaced(call.raw).decode()
        sha256 = hashlib.sha256(call.raw).hexdigest()
        given = call.req.get_header(ID_HEADER)
        key = given if given and len(given) <= LONGEST_ID else sha256
        is_trusted = not self.services.settings.xendit_verify
        received = await call.sql(
            webhooks.receive_webhook,
            provider=PROVIDER,
            receipt_key=key,
            body=text,
            answer=None if is_trusted else await self._proof(call, text, key),
            is_trusted=is_trusted,
            body_sha256=sha256,
        )
        metrics.webhooks.labels("repeat" if received.is_repeat else received.outcome).inc()
        return received

    async def _proof(self, call: Call, text: str, key: str) -> str | None:
        xendit = self.services.xendit
        question = await call.sql(webhooks.webhook_question, provider=PROVIDER, body=text, receipt_key=key)
        if question is None or xendit is None:
            return None
        return await proof(xendit, question.provider_ref)


ROUTES: Routes = {"/api/webhooks/xendit": XenditWebhooks}
