"""Webhooks of the payment provider, and what we ask the provider before we believe them."""

from datetime import datetime
from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.shapes.payments import ReceivedWebhooks, WebhookDetails, WebhookReceipt
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


class QuestionAgain(msgspec.Struct, frozen=True):
    """The link to ask a provider about, before a webhook of it is processed again."""

    provider: str
    provider_ref: str


@sql_function("api.list_webhooks")
async def list_webhooks(
    conn: Connection,
    *,
    outcome: str | None,
    is_flagged: bool | None,
    payment_request_id: UUID | None,
    from_at: datetime | None,
    to_at: datetime | None,
    limit: int,
    cursor: str | None,
) -> ReceivedWebhooks:
    """Give a page of webhooks, newest first."""


@sql_function("api.find_webhook")
async def find_webhook(conn: Connection, *, receipt_id: UUID, actor_id: UUID | None) -> WebhookDetails:
    """Give a webhook, with its body for who may see it."""


@sql_function("api.question_again")
async def question_again(conn: Connection, *, receipt_id: UUID) -> QuestionAgain | None:
    """Give what to ask the provider before a webhook is processed again; None when there is nothing to ask."""


@sql_function("api.process_webhook_again")
async def process_webhook_again(
    conn: Connection, *, receipt_id: UUID, answer: Json | None, actor_id: UUID | None
) -> WebhookDetails:
    """Judge a webhook again, with what the provider says now."""
