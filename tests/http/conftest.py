"""Both apps on real sockets, as the roles they run as, and people who use them."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.serving.apps import create_internal_app, create_public_app
from app.settings import ApiSettings, InternalSettings
from tests.support.http_apps import serving


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
