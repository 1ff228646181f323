"""Both apps on real sockets, as the roles they run as, and people who use them."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from app.serving.apps import create_internal_app, create_public_app
from app.settings import ApiSettings, InternalSettings
from tests.support.http_apps import serving


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
