"""ASGI callables without a framework: what uvicorn itself costs."""

from collections.abc import Awaitable, Callable
from typing import Any

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

BEACON = b'{"available":true,"available_mitras":100000,"as_of":"2026-11-30T09:00:00.000000Z","source":"valkey"}'
JSON_HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(BEACON)).encode())]


async def no_content(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
    """Answer 204 to everything, at once."""
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def beacon(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
    """Answer to everything with a beacon that never changes, at once."""
    await send({"type": "http.response.start", "status": 200, "headers": JSON_HEADERS})
    await send({"type": "http.response.body", "body": BEACON})
