"""`Idempotency-Key`: a POST that is sent twice has one effect and one reply.

Claim, effect and reply are one transaction. The effect runs in a savepoint: a refusal undoes what the effect did, and
is itself stored and replayed like a success. An answer that may be different next time (401, 429, 5xx) is not kept: the
whole transaction is rolled back, and the key is free again.

A request that goes to the payment provider is not one transaction. It leases its key for longer than the request may
take, and gives the key back when its reply is not kept. After a process died, its keys are free when their leases end.
"""

import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Self

import msgspec

from app.postgres.database import Connection, Database
from app.problems import Problem, ProblemDetails
from app.sql import idempotency

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class Scope(NamedTuple):
    """What one key stands for: a user, a method, a path, and the hash of the body that came with the key."""

    user: str
    method: str
    path: str
    key: str
    body_hash: bytes

    @classmethod
    def of(cls, user: str, method: str, path: str, key: str, body: bytes, secret: str | None) -> Self:
        """The scope of a request; the body is hashed as it came, with a secret when it holds one itself."""
        hashed = hashlib.sha256(body).digest() if secret is None else hmac.digest(secret.encode(), body, "sha256")
        return cls(user, method, path, key, hashed)


class Answer(NamedTuple):
    """A reply as it is sent and as it is stored."""

    status: int
    body: bytes
    is_replay: bool = False


def read_key(header: str | None) -> str | None:
    """The key in the header, if there is one. Refuses with `VALIDATION_ERROR` what can't be a key."""
    if header is not None and not _KEY.fullmatch(header):
        raise Problem(
            "VALIDATION_ERROR",
            "An idempotency key is 1 to 255 visible ASCII characters.",
            field=HEADER,
            hint="A random UUID is a good key.",
        )
    return header


async def once(
    conn: Connection,
    *,
    scope: Scope,
    request_id: str,
    effect: Callable[[Connection], Awaitable[Answer]],
) -> Answer:
    """Run `effect` once for this key; for a repeat, return the stored reply.

    Raises IDEMPOTENCY_KEY_REUSED for another body and IDEMPOTENCY_IN_PROGRESS while the first request still runs. An
    exception that is not kept is raised as it came, so that a transaction that lost a race can be started again.
    """
    async with conn.transaction():
        kept = await idempotency.claim_idempotency_key(conn, **scope._asdict())
        if kept is not None:
            return Answer(kept.status, (kept.reply or "").encode(), is_replay=True)
        try:
            async with conn.transaction():
                answer = await effect(conn)
        except Exception as error:
            problem = Problem.of(error)
            if not _is_kept(problem):
                raise
            answer = refusal(problem, request_id)
        await idempotency.store_idempotent_reply(
            conn, **scope._asdict(), status=answer.status, reply=answer.body.decode() or None
        )
        return answer


async def leased(db: Database, *, scope: Scope, request_id: str, effect: Callable[[None], Awaitable[Answer]]) -> Answer:
    """As `once`, for an effect of several transactions with calls of the payment provider between them."""
    kept = await db.call(idempotency.lease_idempotency_key, **scope._asdict())
    if kept is not None:
        return Answer(kept.status, (kept.reply or "").encode(), is_replay=True)
    try:
        answer = await effect(None)
    except Exception as error:
        problem = Problem.of(error)
        if not _is_kept(problem):
            await db.call(
                idempotency.release_idempotency_key,
                user=scope.user, method=scope.method, path=scope.path, key=scope.key,
            )  # fmt: skip
            raise
        answer = refusal(problem, request_id)
    await db.call(
        idempotency.store_idempotent_reply, **scope._asdict(), status=answer.status, reply=answer.body.decode() or None
    )
    return answer


def refusal(problem: Problem, request_id: str) -> Answer:
    """A refusal as it is sent and stored."""
    details: ProblemDetails = problem.details(request_id)
    return Answer(problem.status, msgspec.json.encode(details))


def _is_kept(problem: Problem) -> bool:
    return 400 <= problem.status < 500 and problem.status not in (401, 429)
