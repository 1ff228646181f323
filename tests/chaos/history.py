"""The history of a run: each request that changes or reads something, and what its client was told."""

import json
import time
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import httpx
import jwt

Outcome = Literal["ok", "refused", "unknown"]


@dataclass
class Operation:
    """One request. Its times are of one clock, so an operation that ended before another began came before it."""

    client: str
    """Who asked: the `sub` of the token, or nothing."""
    method: str
    path: str
    key: str | None
    """Its Idempotency-Key."""
    began: float
    ended: float = 0.0
    outcome: Outcome = "unknown"
    status: int = 0
    reply: Any = None


@dataclass
class Said:
    """A message that the server acknowledged."""

    client: str
    session_id: str
    client_message_id: str
    seq: int
    body: str


class Heard(NamedTuple):
    """A message that a device was told."""

    session_id: str
    seq: int
    sender: str
    body: str


class Delivered(NamedTuple):
    """A device was told that the other party has every message up to a number."""

    session_id: str
    party: str
    """Who has them: `customer` or `mitra`."""
    seq: int
    at: float


@dataclass
class History:
    """All operations of a run, in the order in which they began."""

    operations: list[Operation] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    heard: set[Heard] = field(default_factory=set)
    delivered: list[Delivered] = field(default_factory=list)
    arrived: dict[tuple[str, str, int], float] = field(default_factory=dict)
    """When each message first reached a device of a party: by party, session and number."""

    def counts(self) -> dict[Outcome, int]:
        """How many ended how."""
        counts: dict[Outcome, int] = {"ok": 0, "refused": 0, "unknown": 0}
        for operation in self.operations:
            counts[operation.outcome] += 1
        counts["ok"] += len(self.said)
        return counts


class Recording(httpx.AsyncBaseTransport):
    """Carries requests, and writes each into the history."""

    def __init__(self, history: History, carrier: httpx.AsyncBaseTransport) -> None:
        self._history = history
        self._carrier = carrier

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request. Without a whole answer, or with 429 or 5xx, its outcome is unknown."""
        operation = Operation(
            _who(request),
            request.method,
            request.url.path,
            request.headers.get("Idempotency-Key"),
            time.monotonic(),
        )
        self._history.operations.append(operation)
        try:
            response = await self._carrier.handle_async_request(request)
            content = await response.aread()
        finally:
            operation.ended = time.monotonic()
        operation.status = response.status_code
        if response.is_success:
            operation.outcome = "ok"
        elif response.status_code < 500 and response.status_code != httpx.codes.TOO_MANY_REQUESTS:
            operation.outcome = "refused"
        operation.reply = json.loads(content) if content else None
        return response

    async def aclose(self) -> None:
        """Close the carrier."""
        await self._carrier.aclose()


def _who(request: httpx.Request) -> str:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return str(jwt.decode(token, options={"verify_signature": False})["sub"]) if token else ""
