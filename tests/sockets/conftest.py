"""The public app, users whose sockets open there, and the way events take to them."""

import inspect
from collections.abc import AsyncIterator, Iterator

import pytest

from app.settings import ApiSettings, ValkeySettings
from tests.support import mirror
from tests.support.frames import Witness
from tests.support.market import Market, Person
from tests.support.sockets import Api, served


@pytest.fixture(autouse=True)
def witness() -> Iterator[Witness]:
    """Whatever passes a socket in a test is as `/asyncapi.json` says, or the test fails."""
    witness = Witness()
    with witness.watching():
        yield witness
    assert witness.faults == []


@pytest.fixture(autouse=True)
def _mirror_is_kept(request: pytest.FixtureRequest) -> None:
    """Where a test has an event loop: one that has none can't have a keeper either."""
    if inspect.iscoroutinefunction(request.function):
        request.getfixturevalue("kept_mirror")


@pytest.fixture
async def kept_mirror(valkey_url: str) -> AsyncIterator[mirror.Mirror]:
    """A listener keeps the mirror, which has no mitras: nobody polls, and events are in the test's hands."""
    async with mirror.kept_mirror(ValkeySettings(valkey_url=valkey_url)) as kept:
        await kept.seed()
        yield kept


@pytest.fixture
async def api(api_settings: ApiSettings) -> AsyncIterator[Api]:
    """The public app on this test's stores."""
    async with served(api_settings) as api:
        yield api


@pytest.fixture
def mitra(market: Market) -> Person:
    """A mitra with a login, offline."""
    return market.mitra(online=False)
