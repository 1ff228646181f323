"""Replies that are kept for requests that come again."""

import msgspec

from app.postgres.database import Connection
from app.sql.function import Json, sql_function

# The reply goes out again as it is.
_AS_TEXT = "SELECT status, reply::text AS reply FROM {call}"


class KeptReply(msgspec.Struct, frozen=True):
    """What was answered the first time; `reply` is JSON, or None where nothing was said."""

    status: int
    reply: str | None


@sql_function("api.claim_idempotency_key", select=_AS_TEXT)
async def claim_idempotency_key(
    conn: Connection, *, user: str, method: str, path: str, key: str, body_hash: bytes
) -> KeptReply | None:
    """Claim a key until commit, or give the reply it had."""


@sql_function("api.lease_idempotency_key", select=_AS_TEXT)
async def lease_idempotency_key(
    conn: Connection, *, user: str, method: str, path: str, key: str, body_hash: bytes
) -> KeptReply | None:
    """Take a key for 60 s, or give the reply it had."""


@sql_function("api.release_idempotency_key")
async def release_idempotency_key(conn: Connection, *, user: str, method: str, path: str, key: str) -> None:
    """Give a leased key back."""


@sql_function("api.store_idempotent_reply")
async def store_idempotent_reply(
    conn: Connection, *, user: str, method: str, path: str, key: str, body_hash: bytes, status: int, reply: Json | None
) -> None:
    """Keep the reply of a claimed or leased key; a reply without a body is None."""
