"""Blocks and reports: of parties, and in the control centre."""

from typing import Any

import httpx
import pytest

from tests.support.http_apps import problem
from tests.support.market import Market, Person

REPORTS = "/internal/reports"


@pytest.fixture
def path(session: Any) -> str:
    """The address of a running session."""
    return f"/api/chat/{session}"


async def test_each_party_blocks_and_takes_it_back_unseen_by_the_other(
    api: httpx.AsyncClient, path: str, customer: Person, mitra: Person
) -> None:
    for one, other in ((customer, mitra), (mitra, customer)):
        blocked = await api.post(f"{path}/block", headers=one.headers)
        assert (blocked.status_code, set(blocked.json())) == (201, {"session_id", "blocked_at"})
        again = await api.post(f"{path}/block", headers=one.headers)
        assert (again.status_code, again.json()) == (201, blocked.json())
        assert (await api.get(f"{path}/info", headers=one.headers)).json()["has_blocked"] is True
        assert (await api.get(f"{path}/info", headers=other.headers)).json()["has_blocked"] is False
        assert (await api.delete(f"{path}/block", headers=one.headers)).status_code == 204
        assert (await api.delete(f"{path}/block", headers=one.headers)).status_code == 204
        assert (await api.get(f"{path}/info", headers=one.headers)).json()["has_blocked"] is False


async def test_strangers_neither_block_nor_report(api: httpx.AsyncClient, market: Market, path: str) -> None:
    for stranger in (market.customer(), market.mitra()):
        assert problem(await api.post(f"{path}/block", headers=stranger.headers)) == (404, "NOT_FOUND")
        assert problem(await api.delete(f"{path}/block", headers=stranger.headers)) == (404, "NOT_FOUND")
        said = await api.post(f"{path}/report", json={"reason": "rude"}, headers=stranger.headers)
        assert problem(said) == (404, "NOT_FOUND")


async def test_no_money_is_asked_for_while_everybody_available_is_blocked(
    api: httpx.AsyncClient, market: Market, path: str, customer: Person, mitra: Person
) -> None:
    package = market.package()
    await api.post(f"{path}/block", headers=mitra.headers)
    await api.post(f"{path}/end", headers=customer.headers)
    wanted = {"package_id": str(package)}
    refused = await api.post("/api/payment-requests", json=wanted, headers=customer.headers)
    assert problem(refused) == (409, "NO_MITRA_AVAILABLE")
    others = await api.post("/api/payment-requests", json=wanted, headers=market.customer().headers)
    assert others.status_code == 201
    market.mitra()
    assert (await api.post("/api/payment-requests", json=wanted, headers=customer.headers)).status_code == 201


async def test_a_report_is_made_once_and_says_what_happened(
    api: httpx.AsyncClient, path: str, customer: Person, mitra: Person
) -> None:
    for wrong in ({}, {"reason": ""}, {"reason": "x" * 101}, {"reason": "rude", "comment": "x" * 1001}):
        refused = await api.post(f"{path}/report", json=wrong, headers=customer.headers)
        assert problem(refused) == (422, "VALIDATION_ERROR")
    made = await api.post(f"{path}/report", json={"reason": "rude", "comment": "!"}, headers=customer.headers)
    assert (made.status_code, made.json()["reason"], made.json()["comment"]) == (201, "rude", "!")
    again = await api.post(f"{path}/report", json={"reason": "rude"}, headers=customer.headers)
    assert problem(again) == (409, "INVALID_STATE")
    assert (await api.post(f"{path}/report", json={"reason": "rude"}, headers=mitra.headers)).status_code == 201
    assert (await api.get(f"{path}/info", headers=mitra.headers)).json()["has_reported"] is True


async def test_operators_note_and_decide_reports(
    internal: httpx.AsyncClient, api: httpx.AsyncClient, market: Market, path: str, customer: Person, mitra: Person
) -> None:
    market.set("reports_before_hold", 1)
    made = (await api.post(f"{path}/report", json={"reason": "rude"}, headers=customer.headers)).json()
    operator = market.operator()
    one = f"{REPORTS}/{made['id']}"
    listed = (await internal.get(REPORTS, params={"status": "open"}, headers=operator.headers)).json()["items"]
    assert [(item["id"], item["reported_by"], item["mitra"]["id"]) for item in listed] == [
        (made["id"], "customer", str(mitra.id))
    ]
    shown = (await internal.get(f"/internal/mitras/{mitra.id}", headers=operator.headers)).json()
    assert (shown["state"], shown["is_held"], shown["reports"][0]["id"]) == ("held", True, made["id"])
    note = {"note": "Called her.", "reason": "the queue"}
    noted = await internal.post(f"{one}/notes", json=note, headers=operator.headers)
    assert (noted.status_code, noted.json()["notes"][0]["note"]) == (201, "Called her.")
    assert noted.json()["mitra_is_held"] is True
    decision = {"outcome": "dismissed", "reason": "a misunderstanding"}
    decided = await internal.post(f"{one}/decide", json=decision, headers=operator.headers)
    assert (decided.status_code, decided.json()["status"], decided.json()["mitra_is_held"]) == (
        200,
        "dismissed",
        False,
    )
    other = await internal.post(f"{one}/decide", json=decision | {"outcome": "upheld"}, headers=operator.headers)
    assert problem(other) == (409, "INVALID_STATE")
    entry = "SELECT reason FROM core.audit_log WHERE action = 'report.decide' AND subject = %s"
    assert market.value(entry, made["id"]) == "a misunderstanding"


async def test_who_may_only_read_reports_decides_none(
    internal: httpx.AsyncClient, api: httpx.AsyncClient, market: Market, path: str, customer: Person
) -> None:
    made = (await api.post(f"{path}/report", json={"reason": "rude"}, headers=customer.headers)).json()
    reader = market.operator(market.role('{"reports": ["read"]}'))
    one = f"{REPORTS}/{made['id']}"
    assert (await internal.get(one, headers=reader.headers)).status_code == 200
    for act, body in (("decide", {"outcome": "upheld"}), ("notes", {"note": "no"})):
        refused = await internal.post(f"{one}/{act}", json=body, headers=reader.headers)
        assert problem(refused) == (403, "FORBIDDEN")
    nobody = market.operator(market.role('{"mitra": ["read"]}'))
    assert problem(await internal.get(REPORTS, headers=nobody.headers)) == (403, "FORBIDDEN")


async def test_a_customer_shows_whom_it_never_meets(
    internal: httpx.AsyncClient, api: httpx.AsyncClient, market: Market, path: str, customer: Person, mitra: Person
) -> None:
    await api.post(f"{path}/block", headers=mitra.headers)
    operator = market.operator()
    for where, other in ((f"/internal/customers/{customer.id}", mitra), (f"/internal/mitras/{mitra.id}", customer)):
        [block] = (await internal.get(where, headers=operator.headers)).json()["blocks"]
        assert (block["blocked_by"], block[f"{other.type}_id"]) == ("mitra", str(other.id))
