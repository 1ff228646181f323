"""What a user's app asks for beside the chat, in Python and in Node alike: what was earned, and all that is stored."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from app.client import Client, Login
from tests.clients.logins import client_login
from tests.clients.remote import in_node
from tests.support.api_process import ApiProcess
from tests.support.market import Market, Person
from tests.support.sizes import IS_PROOF
from tests.support.waiting import eventually

SCRIPT = """
const { Client } = await import(process.argv[2]);
const client = new Client(process.argv[3], JSON.parse(process.argv[4]), () => {});
const own = await client.ownData();
const all = await client.earnings({ from: undefined, cursor: null }); // the cursor before the first page
const some = await client.earnings({ from: "2001-01-01T00:00:00+00:00", to: "2002-01-01T00:00:00+00:00" });
console.log(JSON.stringify({ own, all, some }));
"""

Asking = Callable[[str, Login], Coroutine[Any, Any, dict[str, Any]]]
"""How an app asks for its user's data, all earnings, and those of a year without any."""


async def in_python(server: str, login: Login) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=server, trust_env=False) as http:
        client = Client(http, login, lambda _frame: None)
        return {
            "own": await client.own_data(),
            "all": await client.earnings(),
            "some": await client.earnings(from_="2001-01-01T00:00:00+00:00", to="2002-01-01T00:00:00+00:00"),
        }


@pytest.fixture(params=["python", pytest.param("node", marks=pytest.mark.grows)])
def asking(request: pytest.FixtureRequest, tmp_path: Path) -> Asking:
    if request.param == "node" and not IS_PROOF:
        pytest.skip("`make proof` runs it in Node, too")
    if request.param == "python":
        return in_python
    scripts: Path = request.getfixturevalue("scripts")
    return lambda server, login: asyncio.to_thread(in_node, tmp_path, scripts, SCRIPT, server, login)


async def test_a_mitra_reads_what_was_earned_and_everything_that_is_stored(
    api: ApiProcess, owner: psycopg.AsyncConnection[Any], market: Market, mitra: Person, asking: Asking
) -> None:
    market.go_online(mitra)
    session = market.session(market.customer(), mitra)
    market.value("SELECT api.end_session(%s, 'cc', NULL)", session)
    asked = asyncio.create_task(asking(f"http://127.0.0.1:{api.port}", await client_login(owner, mitra)))

    async def is_asked_for() -> bool:
        assert not asked.done(), await asked
        return market.value("SELECT count(*) = 1 FROM core.data_exports") is True

    await eventually(is_asked_for, "the client asks for the export")
    market.value("SELECT api.make_data_export(id, 100000) FROM core.data_exports")  # what the listener does
    found = await asked
    assert (found["own"]["state"], found["own"]["data"]["chat_sessions"][0]["id"]) == ("ready", str(session))
    assert [earning["amount"] for earning in found["all"]["items"]] == [found["all"]["owed"]] == [30_000]
    assert (found["some"]["items"], found["some"]["earned"], found["some"]["owed"]) == ([], 0, 30_000)
