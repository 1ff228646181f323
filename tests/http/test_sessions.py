"""Chat sessions: what their parties see and do, and strangers don't."""

from uuid import UUID

import httpx
import pytest

from tests.support.http_apps import problem
from tests.support.market import Market, Person

pytestmark = pytest.mark.everywhere


async def test_both_parties_see_the_same_session(
    api: httpx.AsyncClient, session: UUID, customer: Person, mitra: Person
) -> None:
    seen = [(await api.get(f"/api/chat/{session}/info", headers=party.headers)).json() for party in (customer, mitra)]
    for body in seen:
        assert 0 < body.pop("seconds_left") <= 1_800
        body.pop("server_time")
    assert seen[0] == seen[1]
    assert {
        "id", "status", "customer", "mitra", "duration_minutes", "expires_at", "closing_ends_at", "end_reason",
        "pending_extension", "last_seq", "watermarks", "topic_sensitivity",
    } <= seen[0].keys()  # fmt: skip
    assert seen[0]["watermarks"]["mitra"] == {"delivered_seq": 0, "read_seq": 0}


async def test_a_search_can_be_cancelled_and_its_money_is_owed_back(
    api: httpx.AsyncClient, market: Market, customer: Person
) -> None:
    session = market.search(customer)
    cancelled = await api.post(f"/api/chat/{session}/cancel", headers=customer.headers)
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert market.value("SELECT refund_status FROM core.payment_requests WHERE session_id = %s", session) == "due"


async def test_a_running_session_can_not_be_cancelled(api: httpx.AsyncClient, session: UUID, customer: Person) -> None:
    assert problem(await api.post(f"/api/chat/{session}/cancel", headers=customer.headers)) == (409, "INVALID_STATE")


@pytest.mark.parametrize("who", ["customer", "mitra"])
async def test_either_party_ends_a_session_and_ending_it_again_changes_nothing(
    api: httpx.AsyncClient, session: UUID, customer: Person, mitra: Person, who: str
) -> None:
    party = {"customer": customer, "mitra": mitra}[who]
    ended = await api.post(f"/api/chat/{session}/end", headers=party.headers)
    assert ended.status_code == 200
    assert ended.json()["status"] == "completed"
    assert ended.json()["seconds_left"] == 0
    again = await api.post(f"/api/chat/{session}/end", headers=party.headers)
    assert again.status_code == 200
    assert again.json()["end_reason"] == ended.json()["end_reason"]


async def test_a_search_is_not_ended_but_cancelled(api: httpx.AsyncClient, market: Market, customer: Person) -> None:
    session = market.search(customer)
    assert problem(await api.post(f"/api/chat/{session}/end", headers=customer.headers)) == (409, "INVALID_STATE")


async def test_the_mitra_says_how_delicate_the_topic_is(api: httpx.AsyncClient, session: UUID, mitra: Person) -> None:
    path = f"/api/chat/{session}/sensitivity"
    changed = await api.put(path, json={"topic_sensitivity": "sensitive"}, headers=mitra.headers)
    assert (changed.status_code, changed.json()["topic_sensitivity"]) == (200, "sensitive")
    refused = await api.put(path, json={"topic_sensitivity": "secret"}, headers=mitra.headers)
    assert problem(refused) == (422, "VALIDATION_ERROR")
    assert refused.json()["field"] == "topic_sensitivity"


async def test_a_completed_session_is_rated_once(api: httpx.AsyncClient, session: UUID, customer: Person) -> None:
    path, body = f"/api/chat/{session}/rating", {"rating": 5, "comment": "Terima kasih"}
    assert problem(await api.post(path, json=body, headers=customer.headers)) == (409, "INVALID_STATE")
    await api.post(f"/api/chat/{session}/end", headers=customer.headers)
    rated = await api.post(path, json=body, headers=customer.headers)
    assert rated.status_code == 201
    assert (rated.json()["session_id"], rated.json()["rating"]) == (str(session), 5)
    assert problem(await api.post(path, json=body, headers=customer.headers)) == (409, "INVALID_STATE")


async def test_what_is_no_rating_is_refused(api: httpx.AsyncClient, session: UUID, customer: Person) -> None:
    wrong: list[dict[str, object]] = [
        {"rating": 0},
        {"rating": 6},
        {"rating": 4.5},
        {"rating": "5"},
        {"rating": True},
        {"rating": None},
        {"rating": 10**30},
        {},
        {"rating": 5, "comment": "x" * 1_001},
        {"rating": 5, "comment": "\u0000"},
        {"rating": 5, "stars": 5},
    ]
    for body in wrong:
        answer = await api.post(f"/api/chat/{session}/rating", json=body, headers=customer.headers)
        assert problem(answer) == (422, "VALIDATION_ERROR"), body


async def test_history_is_given_page_by_page_newest_first(
    api: httpx.AsyncClient, market: Market, customer: Person, mitra: Person
) -> None:
    made = []
    for _ in range(5):
        session = market.session(customer, mitra)
        market.value("SELECT api.end_session(%s, 'customer', %s)", session, customer.id)
        made.append(str(session))
    for path, person in (("/api/chat/sessions", customer), ("/api/mitra/sessions", mitra)):
        seen: list[str] = []
        cursor: str | None = None
        while True:
            query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
            page = (await api.get(path, params=query, headers=person.headers)).json()
            assert len(page["items"]) <= 2
            seen += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == made[::-1]
    stranger = market.customer()
    assert (await api.get("/api/chat/sessions", headers=stranger.headers)).json()["items"] == []
    stolen = await api.get("/api/chat/sessions", params={"cursor": made[2]}, headers=stranger.headers)
    assert problem(stolen) == (422, "VALIDATION_ERROR")
