"""A mirror, and somebody who keeps it."""

from collections.abc import AsyncIterator

import pytest

from app.mirror.server import Server
from app.settings import ValkeySettings
from tests.support.mirror import Mirror, kept
from tests.support.waiting import VALKEY_TIMEOUT_MS


@pytest.fixture
def valkey_settings(valkey_url: str) -> ValkeySettings:
    """Settings of Valkey alone."""
    return ValkeySettings(valkey_url=valkey_url, valkey_timeout_ms=VALKEY_TIMEOUT_MS)


@pytest.fixture
async def server(valkey_settings: ValkeySettings) -> AsyncIterator[Server]:
    """The way to the mirror's server."""
    server = await Server.open(valkey_settings, name="test", timeout=5)
    yield server
    await server.close()


@pytest.fixture
async def mirror(server: Server, valkey_settings: ValkeySettings) -> AsyncIterator[Mirror]:
    """An empty mirror, not whole; kept once it is."""
    async with kept(Mirror(server, valkey_settings)) as mirror:
        yield mirror
