"""Both apps on real sockets, and their refusals."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import uvicorn

from app.runtime.ports import reserve
from app.serving.apps import App
from app.serving.server import UVICORN

START_SECONDS = 30.0


@asynccontextmanager
async def serving(app: App) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the app on a free port and give a client of it."""
    with reserve("127.0.0.1", 0, setting="PORT") as listening:
        port = listening.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, **UVICORN))
        running = asyncio.create_task(server._serve([listening]))
        try:
            async with asyncio.timeout(START_SECONDS):
                while not server.started:
                    assert not running.done(), "the server ended while it started"
                    await asyncio.sleep(0.01)
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20.0) as client:
                yield client
        finally:
            server.should_exit = True
            await asyncio.wait_for(running, START_SECONDS)


def problem(answer: httpx.Response) -> tuple[int, str]:
    """The status and the code of a refusal."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["request_id"] == answer.headers["x-request-id"]
    assert {"type", "title", "status", "detail", "code", "request_id"} <= body.keys()
    return answer.status_code, body["code"]
