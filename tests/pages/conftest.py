"""The internal app, and people at browsers."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.serving.apps import create_internal_app
from app.settings import InternalSettings
from tests.pages.visits import Guest
from tests.support.http_apps import serving
from tests.support.market import Market, Person


@pytest.fixture
async def internal(internal_settings: InternalSettings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the internal app."""
    async with serving(create_internal_app(internal_settings)) as client:
        yield client


@pytest.fixture
def visit(internal: httpx.AsyncClient) -> Guest:
    """Somebody at a browser."""
    return Guest(internal)


@pytest.fixture
def ayu(market: Market) -> Person:
    """An operator who may do everything."""
    return market.operator()
