"""Webhooks of the payment provider, and what we ask the provider before we believe them."""

from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.shapes.payments import WebhookReceipt
from app.sql.function import Json, sql_function


class Question(msgspec.Struct, frozen=True):
    """The link to ask the provider about, and its payment request."""

    payment_request_id: UUID
    provider_ref: str


class UnverifiedWebhook(msgspec.Struct, frozen=True):
    """A webhook about money that the provider has not confirmed yet."""

    receipt_id: UUID
    provider: str
    payment_request_id: UUID
    provider_ref: str


@sql_function("api.webhook_question")
async def webhook_question(conn: Connection, *, provider: str, body: Json, receipt_key: str) -> Question | None:
    """Give what to ask the provider before we believe this webhook; None when there is nothing to ask."""


@sql_function("api.receive_webhook")
async def receive_webhook(
    conn: Connection,
    *,
    provider: str,
    receipt_key: str,
    body: Json,
    answer: Json | None,
    is_trusted: bool,
    body_sha256: str,
) -> WebhookReceipt:
    """Keep a webhook and apply it, once for each `receipt_key`."""


@sql_function("api.unverified_webhooks")
async def unverified_webhooks(
    conn: Connection, *, provider: str, after: UUID | None, limit: int
) -> list[UnverifiedWebhook]:
    """Give the next webhooks, by id, about which the provider has not answered."""


@sql_function("api.process_webhook")
async def process_webhook(conn: Connection, *, receipt_id: UUID, answer: Json) -> WebhookReceipt:
    """Apply a webhook about which the provider has answered."""
