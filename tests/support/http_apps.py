"""Both apps on real sockets, and their refusals."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn

from app.development.processes import free_port
from app.runtime.ports import reserve
from app.serving.apps import App
from app.serving.server import UVICORN
from tests.support.uvicorn_server import PromptServer
from tests.support.waiting import PATIENCE_SECONDS, START_SECONDS, eventually


@asynccontextmanager
async def serving(app: App) -> AsyncIterator[httpx.AsyncClient]:
    """Serve an app of ours on a free port, and give a client of it."""
    async with on_a_port(app) as port, client_of(port, timeout=PATIENCE_SECONDS) as client:
        yield client


def client_of(port: int, **options: Any) -> httpx.AsyncClient:
    """A client of a server on this machine; it reads no certificates, which would take longer than most tests."""
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, verify=False, **options)


@asynccontextmanager
async def on_a_port(app: Any, **options: Any) -> AsyncIterator[int]:
    """Serve an app on a free port as ours are served, with uvicorn's options changed as given."""
    with reserve("127.0.0.1", 0, setting="PORT") as listening:
        server = PromptServer(uvicorn.Config(app, **{**UVICORN, **options}))
        running = asyncio.create_task(server._serve([listening]))

        async def started() -> bool:
            assert not running.done(), "the server ended while it started"
            return server.started

        try:
            await eventually(started, "the app serves", seconds=START_SECONDS)
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            await asyncio.wait_for(running, START_SECONDS)


def valkey_away() -> str:
    """The address of a Valkey that is not there."""
    return f"valkey://127.0.0.1:{free_port()}"


def problem(answer: httpx.Response) -> tuple[int, str]:
    """The status and the code of a refusal."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["request_id"] == answer.headers["x-request-id"]
    assert {"type", "title", "status", "detail", "code", "request_id"} <= body.keys()
    return answer.status_code, body["code"]
