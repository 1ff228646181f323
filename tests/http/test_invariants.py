"""The check of the rules that must always hold goes on page by page."""

import httpx
import psycopg
import pytest

from tests.support.check import A_SLICE_A_PAGE
from tests.support.http_apps import problem
from tests.support.market import Market

INVARIANTS = "/internal/system/invariants"


async def test_a_small_database_is_checked_on_one_page(internal: httpx.AsyncClient, market: Market) -> None:
    market.session(market.customer(), market.mitra())
    answer = await internal.get(INVARIANTS, headers=market.operator().headers)
    assert answer.status_code == 200, answer.text
    assert answer.json() | {"server_time": None} == {
        "items": [], "next_cursor": None, "checked_to": None, "server_time": None
    }  # fmt: skip


async def test_the_pages_say_how_far_they_have_come_and_together_what_is_wrong(
    internal: httpx.AsyncClient, market: Market, conn: psycopg.Connection
) -> None:
    headers = market.operator().headers
    session, *_ = [market.session(market.customer(), market.mitra()) for _ in range(5)]
    conn.execute("UPDATE core.payment_requests SET session_id = NULL WHERE session_id = %s", [session])
    conn.execute(A_SLICE_A_PAGE)
    pages = [(await internal.get(INVARIANTS, headers=headers)).json()]
    while (cursor := pages[-1]["next_cursor"]) is not None:
        pages.append((await internal.get(INVARIANTS, params={"cursor": cursor}, headers=headers)).json())
    found = [item for page in pages for item in page["items"]]
    assert {item["subject"] for item in found} >= {str(session)}
    assert len(found) == market.value("SELECT count(*) FROM ops.invariant_violations")
    assert pages[0]["items"] == []
    told = [page["checked_to"] for page in pages if page["checked_to"] is not None]
    assert len(told) > 1
    assert told == sorted(told)


@pytest.mark.parametrize("cursor", ["x", "%25", "dGltZXMgeWVzdGVyZGF5IDA", "cGxhbmV0cyAtIDA"])
async def test_a_cursor_that_no_page_gave_is_refused(internal: httpx.AsyncClient, market: Market, cursor: str) -> None:
    answer = await internal.get(f"{INVARIANTS}?cursor={cursor}", headers=market.operator().headers)
    assert problem(answer) == (422, "VALIDATION_ERROR")
    assert answer.json()["field"] == "cursor"
