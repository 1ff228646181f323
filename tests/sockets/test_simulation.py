"""The simulated fleet on real processes, whole and through faults."""

import asyncio
import io
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from app.development.demo import seed
from app.development.processes import Child, Family, free_port
from app.development.valkey import EmbeddedValkey
from app.settings import DatabaseSettings
from app.simulation import SimulationSettings, simulate
from tests.support.sizes import in_proof_alone
from tests.support.tokens import TEST_JWT_SECRET
from tests.support.waiting import START_SECONDS, eventually


class Marketplace:
    """Both apps and the listener as processes of their own."""

    def __init__(self, family: Family, settings: SimulationSettings, logs: Path) -> None:
        self.settings = settings
        self._family = family
        self._logs = logs
        self._listener_port = free_port()
        self._children: list[Child] = []
        self._environment = {
            **os.environ,
            "APP_ENV": "development",
            "OTP_PROVIDER": "fixed",
            "AUTH_JWT_SECRET": TEST_JWT_SECRET,
            "DATABASE_URL": settings.database_url,
            "VALKEY_URL": settings.valkey_url,
            "PUBLIC_HOST": "127.0.0.1",
            "PUBLIC_PORT": str(settings.public_port),
            "INTERNAL_PORT": str(settings.internal_port),
            "LISTENER_PORT": str(self._listener_port),
        }

    def start(self, command: str) -> Child:
        """Start `halobestie api`, `internal` or `listener`."""
        child = self._family.start(
            command, [sys.executable, "-m", "app", command], log=self._logs / f"{command}.log", env=self._environment
        )
        self._children.append(child)
        return child

    def stop(self) -> None:
        """End what was started and still lives."""
        for child in self._children:
            if child.exit_code() is None:
                child.stop()

    async def ready(self) -> None:
        """Wait until everything serves."""
        async with httpx.AsyncClient(trust_env=False) as http:

            async def serves() -> bool:
                try:
                    return all(
                        [
                            (await http.get(f"http://127.0.0.1:{port}/readyz")).is_success
                            for port in (self.settings.public_port, self.settings.internal_port, self._listener_port)
                        ]
                    )
                except httpx.TransportError:
                    return False

            await eventually(serves, "the API serves", seconds=START_SECONDS)


@pytest.fixture
async def marketplace(
    database_url: str, own_valkey: EmbeddedValkey, family: Family, tmp_path: Path
) -> AsyncIterator[Marketplace]:
    """A marketplace with demo data, on a Valkey that may go."""
    await seed(DatabaseSettings(database_url=database_url))
    settings = SimulationSettings(
        database_url=database_url,
        valkey_url=own_valkey.url,
        public_port=free_port(),
        internal_port=free_port(),
    )
    marketplace = Marketplace(family, settings, tmp_path)
    yield marketplace
    marketplace.stop()


async def run(marketplace: Marketplace, seconds: float | None) -> tuple[int, str]:
    """A small fleet's exit code and what it said."""
    said = io.StringIO()
    code = await simulate(
        marketplace.settings, mitras=8, customers=12, seconds=seconds, console=Console(file=said, width=100)
    )
    return code, said.getvalue()


@in_proof_alone("chaos breaks the same and more")
async def test_a_fleet_lives_through_an_emptied_valkey_and_killed_listener_and_api(
    marketplace: Marketplace, own_valkey: EmbeddedValkey
) -> None:
    listener, api = marketplace.start("listener"), marketplace.start("api")
    marketplace.start("internal")
    await marketplace.ready()
    living = asyncio.create_task(run(marketplace, 24))
    await asyncio.sleep(5)
    own_valkey.kill()
    await asyncio.sleep(2)
    own_valkey.start()
    await asyncio.sleep(2)
    listener.kill()
    await asyncio.sleep(3)
    marketplace.start("listener")
    await asyncio.sleep(2)
    api.kill()
    marketplace.start("api")
    code, said = await living
    assert "All promises kept." in said, said
    assert code == 0
