"""The public app in a process of its own."""

import asyncio
import os
import sys
from pathlib import Path

import httpx

from app.development.processes import Child, Family, free_port
from tests.support.http_apps import client_of
from tests.support.tokens import TEST_JWT_SECRET
from tests.support.waiting import START_SECONDS, eventually


class ApiProcess:
    """It can be stopped, killed and started again on its port."""

    def __init__(self, family: Family, log: Path, **settings: str) -> None:
        """`settings` are given as in the environment: `DATABASE_URL`, `VALKEY_URL`, and others than the defaults."""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._family = family
        self._log = log
        self._environment = {
            **os.environ,
            "APP_ENV": "development",
            "OTP_PROVIDER": "fixed",
            "AUTH_JWT_SECRET": TEST_JWT_SECRET,
            "PUBLIC_HOST": "127.0.0.1",
            "PUBLIC_PORT": str(self.port),
            **settings,
        }
        self._child: Child | None = None

    async def start(self) -> None:
        """Start it and wait until it serves."""
        command = [sys.executable, "-m", "app", "api"]
        child = self._child = self._family.start("api", command, log=self._log, env=self._environment)
        async with client_of(self.port) as http:

            async def serves() -> bool:
                assert child.exit_code() is None, child.why_it_ended()
                try:
                    return (await http.get("/readyz")).is_success
                except httpx.TransportError:
                    return False

            await eventually(serves, "the API serves", seconds=START_SECONDS)

    @property
    def child(self) -> Child:
        """Its process. Only after `start`."""
        assert self._child is not None
        return self._child

    async def stop(self) -> None:
        """What SIGTERM does."""
        await asyncio.to_thread(self.child.stop)

    def kill(self) -> None:
        """What SIGKILL does: no word, no chance to finish."""
        if self._child is not None:
            self._child.kill()
