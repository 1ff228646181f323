"""An API in a process of its own behind a bad network, and the clients that must live with both; and `/demo`."""

import random
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import psycopg
import pytest
from playwright.async_api import Browser, Page

from app.development.processes import Family
from tests.clients.devices import Home, Living, python
from tests.clients.remote import HERE, browser, compiled, node
from tests.support.api_process import ApiProcess
from tests.support.browser import Tab, chromium, tab
from tests.support.chromium import CHROMIUM
from tests.support.market import Market, Person
from tests.support.people import People
from tests.support.proxy import Proxy, proxied
from tests.support.sizes import IS_PROOF
from tests.support.sockets import FAST
from tests.support.visitors import Served, serving

ROOT = HERE.parents[1]


@pytest.fixture
async def api(
    family: Family, app_url: Callable[[str], str], valkey_url: str, tmp_path: Path
) -> AsyncIterator[ApiProcess]:
    """The public app, serving."""
    api = ApiProcess(
        family, tmp_path / "api.log", DATABASE_URL=app_url("halo_app"), VALKEY_URL=valkey_url, MESSAGE_RATE=FAST
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
    if request.param == "node" and CHROMIUM is not None and not IS_PROOF:
        pytest.skip("the browser runs the same client; `make proof` runs it in Node, too")
    if request.param == "python":
        return python
    if request.param == "browser" and not IS_PROOF:
        pytest.skip("the demo page lives in a browser, too; `make proof` has the recoveries there, as CI does")
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


@pytest.fixture
def commands() -> Sequence[str]:
    """What runs beside the page of the two phones."""
    return ("api", "listener")


@pytest.fixture
def served(
    conn: psycopg.Connection,
    people: People,
    app_url: Callable[[str], str],
    valkey_url: str,
    commands: Sequence[str],
) -> Iterator[Served]:
    """The apps and a listener, with the demo data."""
    assert (ROOT / "examples/web/dist/web/src/page.js").exists(), "not compiled: make examples/web/dist/.ready"
    conn.execute("SELECT api.seed_demo()")
    conn.execute("SELECT api.seed_demo_phones()")
    roles = {"api": "halo_app", "listener": "halo_listener", "internal": "halo_cc"}
    urls = {command: app_url(roles[command]) for command in commands}
    with serving(commands, place=ROOT, url=urls, valkey_url=valkey_url) as served:
        yield served


@pytest.fixture
async def chrome() -> AsyncIterator[Browser]:
    """One browser for the test."""
    async with chromium() as chrome:
        yield chrome


@pytest.fixture
async def phones(chrome: Browser, served: Served) -> AsyncIterator[Tab]:
    """The two phones, as a newcomer sees them; in the end the browser held nothing against the page."""
    async with tab(chrome, served.addresses["api"], width=1400) as phones:
        await phones.page.goto("/demo")
        yield phones
        assert phones.complaints == []


@pytest.fixture
def page(phones: Tab) -> Page:
    """Their page."""
    return phones.page
