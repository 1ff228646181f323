"""What the payment provider tells, and what must be asked before it is believed."""

from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.shapes.payments import WebhookReceipt
from app.sql.query import maybe, one, rows


class Question(msgspec.Struct, frozen=True):
    """The link that the provider is to be asked about, and whose it is."""

    payment_request_id: UUID
    provider_ref: str


class UnverifiedWebhook(msgspec.Struct, frozen=True):
    """A webhook about money that the provider has not confirmed yet."""

    receipt_id: UUID
    provider: str
    payment_request_id: UUID
    provider_ref: str


async def webhook_question(conn: Connection, *, provider: str, body: str, receipt_key: str) -> Question | None:
    """Give what to ask before this body is believed; None when it needs no proof. Source: api.webhook_question."""
    return await maybe(
        conn,
        Question,
        """
        SELECT * FROM api.webhook_question(
            p_provider => %(provider)s, p_body => %(body)s::jsonb, p_receipt_key => %(receipt_key)s)
        """,
        {"provider": provider, "body": body, "receipt_key": receipt_key},
    )


async def receive_webhook(
    conn: Connection,
    *,
    provider: str,
    receipt_key: str,
    body: str,
    answer: str | None,
    is_trusted: bool,
    body_sha256: str,
) -> WebhookReceipt:
    """Keep a webhook and let it have its effect, once for each key. Source: api.receive_webhook."""
    return await one(
        conn,
        WebhookReceipt,
        """
        SELECT api.receive_webhook(
            p_provider => %(provider)s, p_receipt_key => %(receipt_key)s, p_body => %(body)s::jsonb,
            p_answer => %(answer)s::jsonb, p_is_trusted => %(is_trusted)s, p_body_sha256 => %(body_sha256)s)
        """,
        {
            "provider": provider,
            "receipt_key": receipt_key,
            "body": body,
            "answer": answer,
            "is_trusted": is_trusted,
            "body_sha256": body_sha256,
        },
    )


async def unverified_webhooks(
    conn: Connection, *, provider: str, after: UUID | None, limit: int
) -> list[UnverifiedWebhook]:
    """Give the next webhooks, by id, that wait for the provider's word. Source: api.unverified_webhooks."""
    return await rows(
        conn,
        UnverifiedWebhook,
        """
        SELECT * FROM api.unverified_webhooks(
            p_provider => %(provider)s, p_after => %(after)s, p_limit => %(limit)s::integer)
        """,
        {"provider": provider, "after": after, "limit": limit},
    )


async def process_webhook(conn: Connection, *, receipt_id: UUID, answer: str) -> WebhookReceipt:
    """Let a webhook have its effect now that the provider has answered. Source: api.process_webhook."""
    return await one(
        conn,
        WebhookReceipt,
        "SELECT api.process_webhook(p_receipt_id => %(receipt_id)s, p_answer => %(answer)s::jsonb)",
        {"receipt_id": receipt_id, "answer": answer},
    )
