"""ASGI callables without a framework: what uvicorn itself costs."""

from collections.abc import Awaitable, Callable
from typing import Any

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def no_content(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
    """Answer 204 to everything, at once."""
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})
