"""Lists that are short enough to be given whole are pages, too, for those who ask for a page."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from app.resources import internal as internal_app
from app.resources import public as public_app
from tests.support.http_apps import problem
from tests.support.market import Market, Person

# Lists without pages, and why.
WHOLE = {
    "/internal/dashboard/history": "a chart's points; `from`, `to` and `step` say how many",
    "/internal/failed-pairings/counts": "likewise",
}


@pytest.fixture
def rina(market: Market) -> Person:
    return market.operator()


def test_every_list_has_pages() -> None:
    without = set()
    for template, resource in {**public_app.ROUTES, **internal_app.ROUTES}.items():
        for method, operation in resource.operations().items():
            fields = set() if operation.reply is None else set(operation.reply.__struct_fields__)
            if method == "get" and "items" in fields:
                is_page = "next_cursor" in fields and {"limit", "cursor"} <= set(operation.query.__struct_fields__)
                without |= set() if is_page else {template}
    assert without == set(WHOLE)


async def walk(client: httpx.AsyncClient, path: str, who: Person) -> int:
    """Read a list whole and item by item, which is the same; gives how many items it has."""
    whole = (await client.get(path, headers=who.headers)).json()
    assert whole["next_cursor"] is None, path
    found: list[Any] = []
    query = {"limit": "1"}
    while True:
        answer = await client.get(path, headers=who.headers, params=query)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= 1, path
        found += page["items"]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert found == whole["items"], path
    for wrong in ({"limit": "0"}, {"limit": "201"}, {"cursor": "x"}, {"cursor": "LTE"}, {"limit": "2", "cursor": ""}):
        assert problem(await client.get(path, headers=who.headers, params=wrong)) == (422, "VALIDATION_ERROR"), wrong
    far = await client.get(path, headers=who.headers, params={"cursor": "OTIyMzM3MjAzNjg1NDc3NTgwNw"})  # 2^63 - 1
    assert (far.json()["items"], far.json()["next_cursor"]) == ([], None)
    return len(found)


async def test_an_app_may_read_packages_and_offers_page_by_page(api: httpx.AsyncClient, market: Market) -> None:
    for minutes in (10, 20, 30):
        market.package(minutes=minutes)
    mitra, customer = market.mitra(), market.customer()
    market.offer(customer, mitra)
    assert await walk(api, "/api/packages", customer) >= 3
    assert await walk(api, "/api/mitra/offers", mitra) == 1


async def test_an_operator_may_read_what_is_short_page_by_page(
    internal: httpx.AsyncClient, market: Market, session: UUID, rina: Person
) -> None:
    assert await walk(internal, "/internal/config", rina) > 20
    assert await walk(internal, "/internal/texts", rina) == 18
    assert await walk(internal, f"/internal/chat-sessions/{session}/timeline", rina) > 3
    assert await walk(internal, f"/internal/chat-sessions/{session}/explain-pairing", rina) > 1
    assert await walk(internal, "/internal/replay", rina) == 0
    market.offer(market.customer(), market.mitra())
    assert await walk(internal, "/internal/chat-sessions/waiting", rina) == 1


async def test_the_rest_of_an_explanation_is_counted(internal: httpx.AsyncClient, session: UUID, rina: Person) -> None:
    path = f"/internal/chat-sessions/{session}/explain-pairing"
    whole = (await internal.get(path, headers=rina.headers)).json()
    first = (await internal.get(f"{path}?limit=1", headers=rina.headers)).json()
    assert (whole["others"], first["items"]) == ({}, whole["items"][:1])
    assert sum(first["others"].values()) == len(whole["items"]) - 1
