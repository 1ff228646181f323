"""The internal app, and people at browsers."""

from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import Browser

from app.serving.apps import create_internal_app
from app.settings import InternalSettings
from tests.pages.visits import Guest
from tests.support.browser import chromium
from tests.support.http_apps import on_a_port, serving
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


@pytest.fixture
async def app(internal_settings: InternalSettings) -> AsyncIterator[int]:
    """The internal app on a port."""
    async with on_a_port(create_internal_app(internal_settings)) as port:
        yield port


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """One browser for the test."""
    async with chromium() as browser:
        yield browser


@pytest.fixture
def email(market: Market, ayu: Person) -> str:
    """The operator's e-mail address."""
    return market.email(ayu)
