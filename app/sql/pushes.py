"""Pushes: whose device is whose, what is to be sent, and what became of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.sql.query import rows, value

Outcome = Literal["sent", "logged", "connected", "unregistered", "refused", "failed", "unknown"]


class ClaimedPush(msgspec.Struct, frozen=True):
    """What is to be pushed to one device.

    An urgent one goes without asking the leases when those can't be asked. `ttl_seconds` is its life from the claim.
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
    """How many pushes of a type reached a status."""

    type: str
    status: str
    pushes: int


async def register_push_token(conn: Connection, *, user_type: str, user_id: UUID, token: str) -> None:
    """Push to this device for this user. Source: api.register_push_token."""
    await value(
        conn,
        """
        SELECT api.register_push_token(
            p_user_type => %(user_type)s, p_user_id => %(user_id)s, p_token => %(token)s)
        """,
        {"user_type": user_type, "user_id": user_id, "token": token},
    )


async def forget_push_token(conn: Connection, *, user_type: str, user_id: UUID, token: str) -> None:
    """Push nothing to this device any more. Source: api.forget_push_token."""
    await value(
        conn,
        "SELECT api.forget_push_token(p_user_type => %(user_type)s, p_user_id => %(user_id)s, p_token => %(token)s)",
        {"user_type": user_type, "user_id": user_id, "token": token},
    )


async def push_again(
    conn: Connection, *, user_type: str, user_id: UUID, seconds: float, session_ids: list[UUID], seqs: list[int]
) -> int:
    """Queue again what was not pushed because of a socket that died; how many pushes. Source: api.push_again."""
    queued: int = await value(
        conn,
        """
        SELECT api.push_again(
            p_user_type => %(user_type)s, p_user_id => %(user_id)s, p_seconds => %(seconds)s,
            p_session_ids => %(session_ids)s::uuid[], p_seqs => %(seqs)s::bigint[])
        """,
        {
            "user_type": user_type,
            "user_id": user_id,
            "seconds": seconds,
            "session_ids": session_ids,
            "seqs": seqs,
        },
    )
    return queued


async def queue_message_push(conn: Connection, *, session_id: UUID, seq: int) -> int:
    """Push a message to whom it is for, who has no socket; on how many devices. Source: api.queue_message_push."""
    devices: int = await value(
        conn,
        "SELECT api.queue_message_push(p_session_id => %(session_id)s, p_seq => %(seq)s)",
        {"session_id": session_id, "seq": seq},
    )
    return devices


async def claim_pushes(conn: Connection, *, limit: int) -> list[ClaimedPush]:
    """Take what is due for 30 s, during which nobody else does. Source: api.claim_pushes."""
    return await rows(
        conn, ClaimedPush, "SELECT * FROM api.claim_pushes(p_limit => %(limit)s::integer)", {"limit": limit}
    )


async def record_pushes(conn: Connection, *, outcomes: Sequence[PushOutcome]) -> list[RecordedPushes]:
    """Write down what became of claimed pushes, and say what that makes of them. Source: api.record_pushes."""
    return await rows(
        conn,
        RecordedPushes,
        "SELECT * FROM api.record_pushes(p_outcomes => %(outcomes)s::jsonb)",
        {"outcomes": msgspec.json.encode(outcomes).decode()},
    )


async def oldest_push(conn: Connection) -> timedelta:
    """For how long the oldest push has waited that is not settled. Source: api.oldest_push."""
    age: timedelta = await value(conn, "SELECT api.oldest_push()")
    return age
