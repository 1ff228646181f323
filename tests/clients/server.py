"""The public app in a process of its own, and logins there."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from app.auth.tokens import new_refresh_token
from app.client import Login, User
from app.development.processes import Child, Family, free_port
from tests.support.market import Person
from tests.support.sockets import FAST
from tests.support.tokens import TEST_JWT_SECRET
from tests.support.waiting import eventually


class ApiProcess:
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


async def client_login(
    conn: psycopg.AsyncConnection[Any], person: Person, *, token_seconds: int = 900, expires_in: int = 900
) -> Login:
    """A new login, whose first access token is good for so long, and said to be good for `expires_in`."""
    refresh_token, refresh_hash = new_refresh_token()
    cursor = await conn.execute("SELECT core.open_login(%s, %s, %s)", [person.type, person.id, refresh_hash])
    [family] = await cursor.fetchone() or []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.auth.tokens.ACCESS_TTL_SECONDS", token_seconds)
        access_token = Person(person.type, person.id, family, {}).token()
    return Login(access_token, refresh_token, expires_in, User(str(person.id), person.type))
