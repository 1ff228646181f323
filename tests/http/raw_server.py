"""Any ASGI app, served by the protocol that serves ours; and its answers, read byte by byte."""

import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from app.problems import Problem
from app.wire.http_protocol import HttpProtocol
from tests.support.http_apps import on_a_port

App = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


@contextlib.asynccontextmanager
async def served(app: App, protocol: type[HttpProtocol] = HttpProtocol) -> AsyncIterator[int]:
    """Serve an ASGI app on a free port."""
    async with on_a_port(app, http=protocol, lifespan="off") as port:
        yield port


async def tell(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer with what the app saw of the request; a body that does not come is answered as the apps do."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close"})
        return
    status, body = 200, b""
    try:
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
            if not message["more_body"]:
                break
    except Problem as problem:
        status, body = problem.status, b"?"
    query = scope["query_string"].decode()
    host = dict(scope["headers"]).get(b"host", b"").decode()
    path = scope["path"] + (f"?{query}" if query else "")
    seen = [scope["method"], path if not host.startswith("there") else host + path, body.decode("latin-1")]
    told = json.dumps(seen).encode()
    length = (b"content-length", str(len(told)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [length]})
    await send({"type": "http.response.body", "body": told})


def answers(received: bytes) -> list[tuple[int, dict[str, str], bytes]]:
    """Read every answer that came on a connection."""
    found = []
    while received:
        head, separator, received = received.partition(b"\r\n\r\n")
        assert separator, received
        line, *fields = head.decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
        status = int(line.split()[1])
        size = 0 if status == 100 else int(headers["content-length"])
        found.append((status, headers, received[:size]))
        received = received[size:]
    return found
