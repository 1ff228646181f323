"""Everybody's sessions in the control centre: read, explained, ended, moved."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.support.http_apps import problem
from tests.support.market import Market, Person

SESSIONS = "/internal/chat-sessions"


@pytest.fixture
def reader(market: Market) -> Person:
    """An operator who may read and act, but not see phones."""
    return market.operator(market.role('{"sessions": ["read", "update"]}'))


async def everything(internal: httpx.AsyncClient, path: str, who: Person, **query: str) -> list[dict[str, Any]]:
    """The items of a list, one a page."""
    items: list[dict[str, Any]] = []
    params = query | {"limit": "1"}
    for _ in range(20):
        page = await internal.get(path, params=params, headers=who.headers)
        assert page.status_code == 200, page.text
        body = page.json()
        items += body["items"]
        if body["next_cursor"] is None:
            return items
        params["cursor"] = body["next_cursor"]
    raise AssertionError("the pages have no end")


async def test_sessions_are_listed_newest_first_in_pages_of_one_status_or_all(
    internal: httpx.AsyncClient, market: Market, reader: Person
) -> None:
    running = [market.session(market.customer(), market.mitra()) for _ in range(2)]
    searching = market.search(market.customer())
    listed = await everything(internal, SESSIONS, reader)
    assert [item["id"] for item in listed] == [str(one) for one in (searching, *reversed(running))]
    active = await everything(internal, SESSIONS, reader, status="active")
    assert [(item["id"], item["status"]) for item in active] == [(str(one), "active") for one in reversed(running)]
    nowhere = await internal.get(SESSIONS, params={"status": "sleeping"}, headers=reader.headers)
    assert problem(nowhere) == (422, "VALIDATION_ERROR")
    lost = await internal.get(SESSIONS, params={"cursor": str(uuid4())}, headers=reader.headers)
    assert problem(lost) == (422, "VALIDATION_ERROR")


async def test_who_waits_for_a_mitra_is_listed_longest_first_and_not_noted_in_the_audit_log(
    internal: httpx.AsyncClient, market: Market
) -> None:
    customer = market.customer()
    first, second = market.search(customer), market.search(market.customer())
    market.session(market.customer(), market.mitra())
    answer = await internal.get(f"{SESSIONS}/waiting", headers=market.operator().headers)
    assert [item["id"] for item in answer.json()["items"]] == [str(first), str(second)]
    shown = answer.json()["items"][0]
    assert (shown["round"], shown["wave"], shown["customer"]["id"]) == (1, None, str(customer.id))
    assert set(shown["customer"]) == {"id", "display_name"}
    assert market.value("SELECT count(*) FROM core.audit_log WHERE action = 'pii.read'") == 0
    stranger = market.operator(market.role('{"mitra": ["read"]}'))
    assert problem(await internal.get(f"{SESSIONS}/waiting", headers=stranger.headers)) == (403, "FORBIDDEN")


async def test_phones_are_masked_for_whoever_may_not_see_them(
    internal: httpx.AsyncClient, market: Market, reader: Person
) -> None:
    customer, mitra = market.customer(), market.mitra(phone="+6281233334444")
    market.value("UPDATE core.customers SET phone = '+6281255556666' WHERE id = %s RETURNING id", customer.id)
    path = f"{SESSIONS}/{market.session(customer, mitra)}"
    shown = (await internal.get(path, headers=market.operator().headers)).json()
    assert (shown["mitra"]["phone"], shown["customer"]["phone"]) == ("+6281233334444", "+6281255556666")
    masked = (await internal.get(path, headers=reader.headers)).json()
    assert (masked["mitra"]["phone"], masked["customer"]["phone"]) == ("+62•••••••••44", "+62•••••••••66")
    for route in ("", "/timeline", "/explain-pairing"):
        text = (await internal.get(path + route, headers=reader.headers)).text
        assert "8123333" not in text, route
        assert "8125555" not in text, route
    assert "8123333" not in (await internal.get(SESSIONS, headers=reader.headers)).text


async def test_what_was_said_is_masked_for_whoever_may_not_read_it(
    internal: httpx.AsyncClient, market: Market, reader: Person
) -> None:
    customer, mitra = market.customer(), market.mitra()
    session_id = market.session(customer, mitra)
    market.value("SELECT api.send_message(%s, 'customer', %s, 'one', 'a secret')", session_id, customer.id)
    market.value("SELECT api.send_message(%s, 'mitra', %s, 'two', 'mine too')", session_id, mitra.id)
    path = f"{SESSIONS}/{session_id}"
    shown = (await internal.get(path, headers=market.operator().headers)).json()["last_messages"]
    assert [message["body"] for message in shown] == ["a secret", "mine too"]
    masked = (await internal.get(path, headers=reader.headers)).json()["last_messages"]
    assert [(message["sender_type"], message["body"]) for message in masked] == [("customer", "•••"), ("mitra", "•••")]


async def test_a_session_is_shown_with_its_payment_requests(
    internal: httpx.AsyncClient, market: Market, reader: Person
) -> None:
    session_id = market.session(market.customer(), market.mitra())
    session = (await internal.get(f"{SESSIONS}/{session_id}", headers=reader.headers)).json()
    assert (session["status"], session["round"]) == ("active", 1)
    assert [(paid["status"], paid["amount"]) for paid in session["payment_requests"]] == [("consumed", 50_000)]


async def test_a_timeline_tells_what_happened_in_order(
    internal: httpx.AsyncClient, market: Market, reader: Person
) -> None:
    customer, mitra = market.customer(), market.mitra()
    session_id = market.session(customer, mitra)
    market.value("SELECT api.end_session(%s, 'customer', %s)", session_id, customer.id)
    answer = await internal.get(f"{SESSIONS}/{session_id}/timeline", headers=reader.headers)
    steps = answer.json()["items"]
    assert [step["what"] for step in steps] == [
        "payment asked for", "payment confirmed", "search began", "offered", "offer accepted", "transaction: session",
        "clock started", "completed",
    ]  # fmt: skip
    assert [step["at"] for step in steps] == sorted(step["at"] for step in steps)
    assert {step["who"] for step in steps if step["what"].startswith("offer")} == {f"mitra:{mitra.id}"}


async def test_a_pairing_is_explained_mitra_by_mitra(
    internal: httpx.AsyncClient, market: Market, reader: Person
) -> None:
    chosen, offline = market.mitra(), market.mitra(online=False)
    session_id = market.search(market.customer())
    market.value("SELECT count(*) FROM api.blast(%s, %s)", session_id, [offline.id, chosen.id])
    answer = await internal.get(f"{SESSIONS}/{session_id}/explain-pairing", headers=reader.headers)
    first_wave = [row for row in answer.json()["items"] if row["wave"] == 1]
    assert [(row["mitra_id"], row["verdict"]) for row in first_wave] == [
        (str(chosen.id), "in"),
        (str(offline.id), "out"),
    ]
    assert first_wave[0]["reason"].startswith("offered; may answer for")
    assert first_wave[1]["reason"] == "offline"
    assert answer.json()["others"] == {}


async def test_a_long_explanation_ends_after_two_hundred(
    internal: httpx.AsyncClient, market: Market, reader: Person
) -> None:
    session_id = market.search(market.customer())
    market.value(
        "WITH made AS (INSERT INTO core.mitras (display_name, phone)"
        " SELECT 'Sari', '+62813' || lpad(n::text, 8, '0') FROM generate_series(1, 250) AS n RETURNING id)"
        " SELECT count(*) FROM made"
    )
    body = (await internal.get(f"{SESSIONS}/{session_id}/explain-pairing", headers=reader.headers)).json()
    assert len(body["items"]) == 200
    assert body["others"] == {"offline": 1}, "no more mitras are judged than are shown, and the round itself"


async def test_the_control_centre_ends_a_session_and_the_audit_log_knows_who(
    internal: httpx.AsyncClient, market: Market, reader: Person
) -> None:
    session_id = market.session(market.customer(), market.mitra())
    path = f"{SESSIONS}/{session_id}/end"
    headers = reader.headers | {"X-Request-ID": "they-asked"}
    ended = await internal.post(path, headers=headers)
    assert (ended.status_code, ended.json()["status"], ended.json()["end_reason"]) == (200, "completed", "ended_by_cc")
    again = await internal.post(path, headers=headers)
    assert (again.status_code, again.json()["ended_at"]) == (200, ended.json()["ended_at"])
    assert logged(market, session_id) == [("session.end", "they-asked")]
    searching = market.search(market.customer())
    refused = await internal.post(f"{SESSIONS}/{searching}/end", headers=headers)
    assert problem(refused) == (409, "INVALID_STATE")


async def test_an_operator_who_may_not_end_a_search_is_told_what_ends_it(
    internal: httpx.AsyncClient, market: Market, reader: Person
) -> None:
    async def hint(session: UUID) -> Any:
        return (await internal.post(f"{SESSIONS}/{session}/end", headers=reader.headers)).json()["hint"]

    searching = market.search(market.customer())
    assert await hint(searching) == "Refund its payment instead: that cancels the search."
    market.value("SELECT api.request_refund(id) FROM core.payment_requests WHERE session_id = %s", searching)
    assert market.value("SELECT status FROM core.chat_sessions WHERE id = %s", searching) == "cancelled"
    rerouted = market.session(market.customer(), market.mitra())
    market.value("SELECT api.reroute_session(%s)", rerouted)
    assert market.value("SELECT status FROM core.chat_sessions WHERE id = %s", rerouted) == "searching"
    assert await hint(rerouted) == "It ends by itself when its time is over."


async def test_the_control_centre_moves_a_session_to_another_mitra(
    internal: httpx.AsyncClient, market: Market, reader: Person
) -> None:
    session_id = market.session(market.customer(), market.mitra())
    path = f"{SESSIONS}/{session_id}/reroute"
    headers = reader.headers | {"X-Request-ID": "they-asked"}
    moved = await internal.post(path, headers=headers)
    assert (moved.status_code, moved.json()["status"], moved.json()["mitra"]) == (200, "searching", None)
    assert 1600 < moved.json()["seconds_left"] <= 1800
    assert logged(market, session_id) == [("session.reroute", "they-asked")]
    assert problem(await internal.post(path, headers=headers)) == (409, "INVALID_STATE")
    session = (await internal.get(f"{SESSIONS}/{session_id}", headers=headers)).json()
    assert session["round"] == 2
    steps = (await internal.get(f"{SESSIONS}/{session_id}/timeline", headers=headers)).json()["items"]
    assert "rerouted" in {step["what"] for step in steps}


async def test_failed_pairings_are_listed_newest_first_in_pages_of_one_cause_or_all(
    internal: httpx.AsyncClient, market: Market, reader: Person
) -> None:
    sessions = [market.search(market.customer()) for _ in range(3)]
    market.value("SELECT count(*) FROM api.blast(%s, %s)", sessions[0], [market.mitra().id])
    market.value(
        "WITH late AS (UPDATE core.pairing_offers SET expires_at = clock_timestamp() RETURNING id)"
        " SELECT count(*) FROM late"
    )
    market.value(
        "WITH late AS (UPDATE core.chat_sessions SET pairing_deadline = clock_timestamp() RETURNING id)"
        " SELECT count(*) FROM late"
    )
    while market.value("SELECT count(*) FROM api.run_due()"):
        pass
    failed = await everything(internal, "/internal/failed-pairings", reader)
    assert [row["id"] for row in failed] == sorted((row["id"] for row in failed), reverse=True)
    assert {row["session_id"] for row in failed} == {str(session) for session in sessions}
    (taken,) = await everything(internal, "/internal/failed-pairings", reader, cause="not_accepted")
    assert (taken["session_id"], taken["details"]) == (str(sessions[0]), {"round": 1, "offers": 1})
    wrong = await internal.get("/internal/failed-pairings", params={"cursor": "x"}, headers=reader.headers)
    assert problem(wrong) == (422, "VALIDATION_ERROR")


async def test_each_route_is_for_those_whose_role_allows_it_and_of_sessions_that_exist(
    internal: httpx.AsyncClient, market: Market, reader: Person
) -> None:
    watcher = market.operator(market.role('{"sessions": ["read"]}'))
    stranger = market.operator(market.role('{"mitra": ["read", "update"], "payments": ["update"], "pii": ["read"]}'))
    one = f"{SESSIONS}/{uuid4()}"
    reads = [SESSIONS, one, f"{one}/timeline", f"{one}/explain-pairing", "/internal/failed-pairings"]
    for method, path in [("GET", path) for path in reads] + [("POST", f"{one}/end"), ("POST", f"{one}/reroute")]:
        refused = await internal.request(method, path, headers=stranger.headers)
        assert problem(refused) == (403, "FORBIDDEN"), path
        assert problem(await internal.request(method, path)) == (401, "UNAUTHENTICATED"), path
        answer = await internal.request(method, path, headers=watcher.headers)
        if method == "POST":
            assert problem(answer) == (403, "FORBIDDEN"), path
            answer = await internal.request(method, path, headers=reader.headers)
        if path.startswith(one):
            assert problem(answer) == (404, "NOT_FOUND"), path
        else:
            assert answer.status_code == 200, path


def logged(market: Market, session_id: UUID) -> list[tuple[str, str]]:
    """What the audit log says of a session: action and request."""
    entries = market.value(
        "SELECT array_agg(ARRAY[action, request_id] ORDER BY id) FROM core.audit_log WHERE subject = %s",
        str(session_id),
    )
    return [(action, request) for action, request in entries]
