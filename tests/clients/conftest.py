"""An API in a process of its own behind a bad network, and the clients that must live with both."""

import random
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest

from app.development.processes import Family
from tests.clients.devices import Home, Living, python
from tests.clients.remote import browser, compiled, node
from tests.support.api_process import ApiProcess
from tests.support.chromium import CHROMIUM
from tests.support.market import Market, Person
from tests.support.proxy import Proxy, proxied
from tests.support.sizes import IS_WHOLE
from tests.support.sockets import FAST


@pytest.fixture
async def api(
    family: Family, role_url: Callable[[str], str], valkey_url: str, tmp_path: Path
) -> AsyncIterator[ApiProcess]:
    """The public app, serving."""
    api = ApiProcess(
        family, tmp_path / "api.log", DATABASE_URL=role_url("halo_app"), VALKEY_URL=valkey_url, MESSAGE_RATE=FAST
    )
    await api.start()
    yield api
    api.kill()


@pytest.fixture
def dice() -> random.Random:
    """The same throws in every run."""
    return random.Random(20261122)


@pytest.fixture
async def network(api: ApiProcess, dice: random.Random) -> AsyncIterator[Proxy]:
    """What lies between the clients and the app."""
    async with proxied(api.port, dice) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The TypeScript client and what drives it, compiled."""
    return compiled(tmp_path_factory.mktemp("javascript"))


@pytest.fixture(params=["python", *(pytest.param(name, marks=pytest.mark.grows) for name in ("node", "browser"))])
def living(request: pytest.FixtureRequest, tmp_path: Path) -> Living:
    """How the clients under test live before a server: `living("http://127.0.0.1:3000")`."""
    if request.param == "node" and CHROMIUM is not None and not IS_WHOLE:
        pytest.skip("the browser runs the same client; `make proof` runs it in Node, too")
    if request.param == "python":
        return python
    if request.param == "browser" and not IS_WHOLE and "whatever_breaks" not in request.node.name:
        pytest.skip("of the recoveries `make test` has one in a browser; `make proof` has all, as CI does")
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


@pytest.fixture
def mitra(market: Market) -> Person:
    """A mitra, offline."""
    return market.mitra(online=False)
