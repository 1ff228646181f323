"""Replies kept for requests that are sent again."""

import msgspec

from app.postgres.database import Connection
from app.sql.query import maybe, value


class KeptReply(msgspec.Struct, frozen=True):
    """What was answered the first time; `reply` is JSON."""

    status: int
    reply: str


async def claim_idempotency_key(
    conn: Connection, *, user: str, method: str, path: str, key: str, body_hash: bytes
) -> KeptReply | None:
    """Claim a key until commit, or give the reply it had. Source: api.claim_idempotency_key."""
    return await maybe(
        conn,
        KeptReply,
        """
        SELECT status, reply::text AS reply FROM api.claim_idempotency_key(
            p_user => %(user)s, p_method => %(method)s, p_path => %(path)s,
            p_key => %(key)s, p_body_hash => %(body_hash)s)
        """,
        {"user": user, "method": method, "path": path, "key": key, "body_hash": body_hash},
    )


async def lease_idempotency_key(
    conn: Connection, *, user: str, method: str, path: str, key: str, body_hash: bytes
) -> KeptReply | None:
    """Take a key for 60 s, or give the reply it had. Source: api.lease_idempotency_key."""
    return await maybe(
        conn,
        KeptReply,
        """
        SELECT status, reply::text AS reply FROM api.lease_idempotency_key(
            p_user => %(user)s, p_method => %(method)s, p_path => %(path)s,
            p_key => %(key)s, p_body_hash => %(body_hash)s)
        """,
        {"user": user, "method": method, "path": path, "key": key, "body_hash": body_hash},
    )


async def release_idempotency_key(conn: Connection, *, user: str, method: str, path: str, key: str) -> None:
    """Give a leased key back. Source: api.release_idempotency_key."""
    await value(
        conn,
        """
        SELECT api.release_idempotency_key(
            p_user => %(user)s, p_method => %(method)s, p_path => %(path)s, p_key => %(key)s)
        """,
        {"user": user, "method": method, "path": path, "key": key},
    )


async def store_idempotent_reply(
    conn: Connection, *, user: str, method: str, path: str, key: str, body_hash: bytes, status: int, reply: str
) -> None:
    """Keep the reply of a claimed or leased key. Source: api.store_idempotent_reply."""
    await value(
        conn,
        """
        SELECT api.store_idempotent_reply(
            p_user => %(user)s, p_method => %(method)s, p_path => %(path)s, p_key => %(key)s,
            p_body_hash => %(body_hash)s, p_status => %(status)s::integer, p_reply => %(reply)s::jsonb)
        """,
        {
            "user": user,
            "method": method,
            "path": path,
            "key": key,
            "body_hash": body_hash,
            "status": status,
            "reply": reply,
        },
    )
