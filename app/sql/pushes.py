"""Pushes: the devices of users, what to send to them, and what became of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.sql.function import BigInt, Json, sql_function

Outcome = Literal["sent", "logged", "connected", "unregistered", "refused", "failed", "unknown"]


class ClaimedPush(msgspec.Struct, frozen=True):
    """A push for one device.

    An urgent push goes out even when nobody can tell whether its user has a socket. A push lives `ttl_seconds` from the
    claim.
    """

    push_id: UUID
    claim: int
    user_type: str
    user_id: UUID
    token: str
    type: str
    is_urgent: bool
    title: str
    body: str
    action: str
    data: dict[str, str]
    collapse_key: str
    ttl_seconds: int
    expires_at: datetime
    created_at: datetime


class PushOutcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a claimed push; `retry_after` is how many seconds FCM asked to wait."""

    push_id: UUID
    claim: int
    outcome: Outcome
    error: str | None = None
    retry_after: float | None = None


class RecordedPushes(msgspec.Struct, frozen=True):
    """How many pushes of a type got a status."""

    type: str
    status: str
    pushes: int


@sql_function("api.register_push_token")
async def register_push_token(conn: Connection, *, user_type: str, user_id: UUID, token: str) -> None:
    """Send this user's pushes to this device."""


@sql_function("api.forget_push_token")
async def forget_push_token(conn: Connection, *, user_type: str, user_id: UUID, token: str) -> None:
    """Send no more pushes of this user to this device."""


@sql_function("api.push_again")
async def push_again(
    conn: Connection, *, user_type: str, user_id: UUID, seconds: float, session_ids: list[UUID], seqs: list[BigInt]
) -> int:
    """Queue again the pushes that a socket which died had kept back. Returns how many."""


@sql_function("api.queue_message_push")
async def queue_message_push(conn: Connection, *, session_id: UUID, seq: BigInt) -> int:
    """Push a message to its recipient, who has no socket. Returns to how many devices."""


@sql_function("api.claim_pushes")
async def claim_pushes(conn: Connection, *, limit: int) -> list[ClaimedPush]:
    """Take pushes that are due; for 30 s nobody else gets them."""


@sql_function("api.record_pushes")
async def _record_pushes(conn: Connection, *, outcomes: Json) -> list[RecordedPushes]:
    """Take the outcomes as JSON."""


async def record_pushes(conn: Connection, *, outcomes: Sequence[PushOutcome]) -> list[RecordedPushes]:
    """Write down the outcomes of claimed pushes. Returns how many pushes of each type got which status."""
    # PostgreSQL takes the structs as JSON.
    return await _record_pushes(conn, outcomes=msgspec.json.encode(outcomes).decode())


@sql_function("api.oldest_push")
async def oldest_push(conn: Connection) -> timedelta:
    """Give for how long the oldest open push has waited."""
