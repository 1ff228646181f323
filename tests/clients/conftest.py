"""An API in a process of its own behind a bad network, and the clients that must live with both."""

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from app.auth.tokens import Tokens, new_refresh_token
from app.client import Login, User
from app.development.processes import Child, Family, free_port
from tests.clients.devices import Home, python
from tests.clients.remote import CHROMIUM, browser, compiled, node
from tests.sockets import conftest as sockets
from tests.sockets.conftest import customer, mitra, outbox, owner, session
from tests.sockets.test_message_recovery import FAST
from tests.support.proxy import Proxy, proxied
from tests.support.tokens import TEST_JWT_SECRET
from tests.support.waiting import eventually

__all__ = ["customer", "mitra", "outbox", "owner", "session"]

Living = Callable[[str], AbstractAsyncContextManager[Home]]


class Api:
    """The public app as a process, which can be stopped, killed and started again on its port."""

    def __init__(self, family: Family, database_url: str, valkey_url: str, log: Path) -> None:
        self.port = free_port()
        self._family = family
        self._log = log
        self._environment = {
            **os.environ,
            "APP_ENV": "development",
            "OTP_PROVIDER": "fixed",
            "AUTH_JWT_SECRET": TEST_JWT_SECRET,
            "DATABASE_URL": database_url,
            "VALKEY_URL": valkey_url,
            "PUBLIC_HOST": "127.0.0.1",
            "PUBLIC_PORT": str(self.port),
            "MESSAGE_RATE": FAST,
        }
        self._child: Child | None = None

    async def start(self) -> None:
        """Start it and wait until it serves."""
        command = [sys.executable, "-m", "app", "api"]
        child = self._child = self._family.start("api", command, log=self._log, env=self._environment)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", trust_env=False) as http:

            async def serves() -> bool:
                assert child.exit_code() is None, child.why_it_ended()
                try:
                    return (await http.get("/readyz")).is_success
                except httpx.TransportError:
                    return False

            await eventually(serves, "the API serves", seconds=30)

    async def stop(self) -> None:
        """What SIGTERM does."""
        assert self._child is not None
        await asyncio.to_thread(self._child.stop)

    def kill(self) -> None:
        """What SIGKILL does."""
        assert self._child is not None
        self._child.kill()


@pytest.fixture
async def api(family: Family, role_url: Callable[[str], str], valkey_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The public app, serving."""
    api = Api(family, role_url("halo_app"), valkey_url, tmp_path / "api.log")
    await api.start()
    yield api
    api.kill()


@pytest.fixture
def dice() -> random.Random:
    """The same throws in every run."""
    return random.Random(20261122)


@pytest.fixture
async def network(api: Api, dice: random.Random) -> AsyncIterator[Proxy]:
    """What lies between the clients and the app."""
    async with proxied(api.port, dice) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The TypeScript client and what drives it, compiled."""
    return compiled(tmp_path_factory.mktemp("javascript"))


@pytest.fixture(params=["python", "node", "browser"])
def living(request: pytest.FixtureRequest, tmp_path: Path) -> Living:
    """How the clients under test live before a server: `living("http://127.0.0.1:3000")`."""
    if request.param == "python":
        return python
    if request.param == "browser" and CHROMIUM is None:
        pytest.skip("no browser is here: install Debian's chromium (apt-get install chromium), as .ci/run does")
    scripts: Path = request.getfixturevalue("scripts")
    if request.param == "node":
        return partial(node, scripts=scripts)
    return partial(browser, scripts=scripts, profile=tmp_path / "profile")


@pytest.fixture
async def home(living: Living, network: Proxy) -> AsyncIterator[Home]:
    """Where the clients under test live, behind the network."""
    async with living(f"http://127.0.0.1:{network.port}") as home:
        yield home


async def log_in(
    conn: psycopg.AsyncConnection[Any], user: sockets.User, *, token_seconds: int = 900, expires_in: int = 900
) -> Login:
    """A new login, whose first access token is good for so long, and said to be good for `expires_in`."""
    refresh_token, refresh_hash = new_refresh_token()
    cursor = await conn.execute("SELECT core.open_login(%s, %s, %s)", [user.type, user.id, refresh_hash])
    [family] = await cursor.fetchone() or []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.auth.tokens.ACCESS_TTL_SECONDS", token_seconds)
        access_token = sockets.User(user.type, user.id, family).token(Tokens(TEST_JWT_SECRET))
    return Login(access_token, refresh_token, expires_in, User(str(user.id), user.type))
