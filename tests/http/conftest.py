"""Both apps on real sockets, as the roles they run as, and people who use them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import psycopg
import pytest
import uvicorn

from app.runtime.ports import reserve
from app.serving.apps import App, create_internal_app, create_public_app
from app.serving.server import UVICORN
from app.settings import ApiSettings, InternalSettings
from tests.http.market import Market

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


@pytest.fixture
def api_settings(api_settings: ApiSettings, role_url: Callable[[str], str]) -> ApiSettings:
    """Settings of the public app, as the role it runs as."""
    return api_settings.model_copy(update={"database_url": role_url("halo_app")})


@pytest.fixture
def internal_settings(internal_settings: InternalSettings, role_url: Callable[[str], str]) -> InternalSettings:
    """Settings of the internal app, as the role it runs as."""
    return internal_settings.model_copy(update={"database_url": role_url("halo_cc")})


@pytest.fixture
async def api(api_settings: ApiSettings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the public app."""
    async with serving(create_public_app(api_settings)) as client:
        yield client


@pytest.fixture
async def internal(internal_settings: InternalSettings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the internal app."""
    async with serving(create_internal_app(internal_settings)) as client:
        yield client


@pytest.fixture
def market(conn: psycopg.Connection) -> Market:
    """People, packages and sessions, made in the database."""
    return Market(conn)
