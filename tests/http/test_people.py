"""Mitras and customers in the control centre: found, shown, changed, over HTTP."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.http_apps import problem
from tests.support.market import Market, Person

MITRAS = "/internal/mitras"
CUSTOMERS = "/internal/customers"
SESSIONS = "/internal/chat-sessions"
PHONE = "+6281255556666"


@pytest.fixture
def rina(market: Market) -> Person:
    return market.operator()


@pytest.fixture
def viewer(market: Market) -> Person:
    """An operator who may look at everything except phones and messages."""
    return market.operator("viewer")


def with_phone(market: Market) -> Person:
    customer = market.customer()
    market.value(
        "UPDATE core.customers SET phone = %s, is_anonymous = false WHERE id = %s RETURNING id", PHONE, customer.id
    )
    return customer


async def test_mitras_are_found_by_state_and_name(internal: httpx.AsyncClient, market: Market, rina: Person) -> None:
    free, busy, off = market.mitra(), market.mitra(max_sessions=1), market.mitra(online=False)
    market.session(market.customer(), busy)
    market.value("UPDATE core.mitras SET display_name = 'Dewi Lestari' WHERE id = %s RETURNING id", free.id)

    async def found(**query: str) -> set[str]:
        answer = await internal.get(MITRAS, params=query, headers=rina.headers)
        return {item["id"] for item in answer.json()["items"]}

    assert await found() == {str(free.id), str(busy.id), str(off.id)}
    assert await found(state="online") == {str(free.id), str(busy.id)}
    assert await found(state="full") == {str(busy.id)}
    assert await found(state="available", q="les") == {str(free.id)}
    assert await found(state="offline") == {str(off.id)}
    wrong = await internal.get(MITRAS, params={"state": "asleep"}, headers=rina.headers)
    assert problem(wrong) == (422, "VALIDATION_ERROR")


async def test_no_list_is_asked_for_by_phone(internal: httpx.AsyncClient, rina: Person) -> None:
    for path in (MITRAS, "/internal/customers", SESSIONS, "/internal/payment-requests"):
        for phone in ("6281234567890", "+62 (812) 3456-7890"):
            refused = await internal.get(path, params={"q": phone}, headers=rina.headers)
            assert problem(refused) == (422, "VALIDATION_ERROR")
            assert (refused.json()["field"], refused.json()["detail"]) == (
                "q",
                "A phone number may not be in an address.",
            )
        assert (await internal.get(path, params={"q": "12345678"}, headers=rina.headers)).status_code == 200


async def test_a_mitra_is_shown_with_conditions_figures_and_what_goes_on(
    internal: httpx.AsyncClient, market: Market, rina: Person, viewer: Person
) -> None:
    mitra = market.mitra(phone="+6281233334444")
    session = market.session(market.customer(), mitra)
    (offer,) = market.offer(market.customer(), mitra)
    path = f"{MITRAS}/{mitra.id}"
    answer = await internal.get(path, headers=rina.headers)
    shown = answer.json()
    assert (shown["state"], shown["capacity"], shown["slots"], shown["max_sessions"]) == ("available", 1, 3, None)
    assert answer.headers["etag"] == f'"{shown["version"]}"'
    assert {condition["what"]: condition["holds"] for condition in shown["conditions"]} == {
        "active": True, "online": True, "fresh heartbeat": True, "free slot": True,
    }  # fmt: skip
    assert [one["id"] for one in shown["open_sessions"]] == [str(session)]
    assert [one["id"] for one in shown["live_offers"]] == [str(offer)]
    assert (shown["stats"]["sessions"], shown["phone"]) == (1, "+6281233334444")
    assert (await internal.get(path, headers=viewer.headers)).json()["phone"] == "+62•••••••••44"
    read = "SELECT array_agg(request_id) FROM core.audit_log WHERE action = 'pii.read' AND subject = %s"
    assert market.value(read, str(mitra.id)) == [answer.headers["x-request-id"]]


async def test_a_mitra_is_changed_at_the_version_that_was_read(
    internal: httpx.AsyncClient, market: Market, rina: Person
) -> None:
    mitra = market.mitra(max_sessions=2)
    path = f"{MITRAS}/{mitra.id}"
    read = await internal.get(path, headers=rina.headers)
    headers = rina.headers | {"If-Match": read.headers["etag"]}
    body = {"display_name": "Dewi", "phone": "0812-7777-8888", "max_sessions": 5, "reason": "She asked for it."}
    changed = await internal.patch(path, json=body, headers=headers)
    assert changed.status_code == 200, changed.text
    assert changed.json().items() >= {"display_name": "Dewi", "phone": "+6281277778888", "max_sessions": 5}.items()
    assert problem(await internal.patch(path, json=body, headers=headers)) == (412, "VERSION_MISMATCH")
    assert problem(await internal.patch(path, json=body, headers=rina.headers)) == (428, "VERSION_REQUIRED")
    headers = rina.headers | {"If-Match": changed.headers["etag"]}
    untouched = await internal.patch(path, json={}, headers=headers)
    assert (untouched.json()["max_sessions"], untouched.headers["etag"]) == (5, changed.headers["etag"])
    general = await internal.patch(path, json={"max_sessions": None}, headers=headers)
    assert (general.json()["max_sessions"], general.json()["slots"]) == (None, 3)
    entry = market.value(
        "SELECT to_jsonb(log) FROM core.audit_log AS log WHERE action = 'mitra.update' ORDER BY id LIMIT 1"
    )
    assert (entry["reason"], entry["after"]["max_sessions"]) == ("She asked for it.", 5)
    assert "7777" not in json.dumps(entry)
    gone = await internal.patch(f"{MITRAS}/{uuid4()}", json={}, headers=headers)
    assert problem(gone) == (404, "NOT_FOUND")


async def test_a_mitra_who_is_forced_offline_gets_no_offer_and_is_told(
    api: httpx.AsyncClient, internal: httpx.AsyncClient, market: Market, rina: Person
) -> None:
    mitra = market.mitra()
    (offer,) = market.offer(market.customer(), mitra)
    path = f"{MITRAS}/{mitra.id}"
    body = {"reason": "He does not answer."}
    forced = await internal.post(f"{path}/force-offline", json=body, headers=rina.headers)
    assert (forced.status_code, forced.json()["state"]) == (200, "offline")
    told = (
        "SELECT array_agg(frame ->> 'cause') FROM api.events_after('mitra', %s, 0)"
        " WHERE frame ->> 'type' = 'status_changed'"
    )
    assert market.value(told, mitra.id)[-1] == "forced"
    refused = await api.post(f"/api/mitra/offers/{offer}/accept", headers=mitra.headers)
    assert problem(refused)[0] == 409
    steps = (await internal.get(f"{path}/timeline", headers=rina.headers)).json()["items"]
    email = market.email(rina)
    assert [(step["what"], step["cause"], step["who"]) for step in steps][:2] == [
        ("offline", "forced", email),
        ("online", "mitra", None),
    ]
    assert steps[0]["seconds"] is not None
    entry = market.value("SELECT reason FROM core.audit_log WHERE action = 'mitra.force_offline'")
    assert entry == "He does not answer."


async def test_a_mitra_made_by_mistake_is_deleted_and_signed_out(
    api: httpx.AsyncClient, internal: httpx.AsyncClient, market: Market, rina: Person
) -> None:
    mitra, other = market.mitra(), market.mitra()
    market.offer(market.customer(), other)
    path = f"{MITRAS}/{mitra.id}"
    assert problem(await internal.delete(path, headers=rina.headers)) == (428, "VERSION_REQUIRED")
    version = {"If-Match": '"1"'}
    kept = await internal.delete(f"{MITRAS}/{other.id}", headers=rina.headers | version)
    assert problem(kept) == (409, "INVALID_STATE")
    assert (await internal.delete(path, headers=rina.headers | version)).status_code == 204
    assert problem(await internal.get(path, headers=rina.headers)) == (404, "NOT_FOUND")
    beat = await api.post("/api/mitra/status/heartbeat", headers=mitra.headers)
    assert problem(beat)[0] in {401, 404}
    told = "SELECT frame ->> 'reason' FROM api.events_after('mitra', %s, 0) WHERE frame ->> 'type' = 'signed_out'"
    assert market.value(told, mitra.id) == "deleted"


async def test_a_timeline_is_read_in_pages_and_ranges(
    internal: httpx.AsyncClient, market: Market, rina: Person
) -> None:
    mitra = market.mitra()
    for _ in range(3):
        market.session(market.customer(), mitra)
    path, seen, params = f"{MITRAS}/{mitra.id}/timeline", [], {"limit": "2"}
    while True:
        page = (await internal.get(path, params=params, headers=rina.headers)).json()
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert [step["what"] for step in seen] == ["session"] * 3 + ["online", "activate"]
    middle = seen[1]["at"]
    later = await internal.get(path, params={"from": middle}, headers=rina.headers)
    earlier = await internal.get(path, params={"to": middle}, headers=rina.headers)
    assert [*later.json()["items"], *earlier.json()["items"]] == seen
    for query in ({"from": "yesterday"}, {"from": "2026-11-30T05:00:00"}, {"cursor": "x"}):
        wrong = await internal.get(path, params=query, headers=rina.headers)
        assert problem(wrong) == (422, "VALIDATION_ERROR"), query


async def test_customers_are_listed_newest_first_and_phones_are_for_those_who_may_see_them(
    internal: httpx.AsyncClient, market: Market, rina: Person, viewer: Person
) -> None:
    known, guest = with_phone(market), market.customer()

    async def found(**query: str) -> list[str]:
        answer = await internal.get(CUSTOMERS, params=query, headers=viewer.headers)
        return [item["id"] for item in answer.json()["items"]]

    assert await found() == [str(guest.id), str(known.id)]
    assert await found(is_anonymous="false") == [str(known.id)]
    assert await found(is_deleted="true") == []
    masked = (await internal.get(CUSTOMERS, headers=viewer.headers)).json()["items"][1]["phone"]
    shown = (await internal.get(CUSTOMERS, headers=rina.headers)).json()["items"][1]["phone"]
    assert (masked, shown) == ("+62•••••••••66", PHONE)


async def test_a_customer_is_shown_with_what_happened_and_leads_to_it(
    internal: httpx.AsyncClient, market: Market, viewer: Person
) -> None:
    customer = with_phone(market)
    session = market.session(customer, market.mitra())
    payment = market.value("SELECT id FROM core.payment_requests WHERE session_id = %s", session)
    market.value("SELECT api.request_refund(%s, 1000)", payment)
    shown = (await internal.get(f"{CUSTOMERS}/{customer.id}", headers=viewer.headers)).json()
    assert shown["open_session_id"] == str(session)
    assert [one["id"] for one in shown["sessions"]] == [str(session)]
    assert [one["id"] for one in shown["payment_requests"]] == [str(payment)]
    assert [(one["payment_request_id"], one["amount"]) for one in shown["refunds"]] == [(str(payment), 1000)]
    assert sorted(one["type"] for one in shown["transactions"]) == ["refund", "session"]
    assert shown["failed_pairings"] == []
    assert PHONE not in json.dumps(shown)


async def test_a_phone_finds_its_customer_for_those_who_may_see_it_and_is_in_no_log(
    internal: httpx.AsyncClient, market: Market, rina: Person, viewer: Person
) -> None:
    customer = with_phone(market)
    path, body = f"{CUSTOMERS}/search", {"phone": "0812-5555-6666"}
    found = await internal.post(path, json=body, headers=rina.headers)
    assert [item["id"] for item in found.json()["items"]] == [str(customer.id)]
    nobody = await internal.post(path, json={"phone": "+6281200000000"}, headers=rina.headers)
    assert nobody.json()["items"] == []
    refused = await internal.post(path, json=body, headers=viewer.headers)
    assert problem(refused) == (403, "FORBIDDEN")
    assert "pii:read" in refused.json()["detail"]
    log = market.value(
        "SELECT jsonb_agg(log ORDER BY id) FROM core.audit_log AS log WHERE subject = 'customers.search'"
    )
    assert [entry["after"]["ids"] for entry in log] == [[str(customer.id)], None]
    assert [entry["request_id"] for entry in log] == [found.headers["x-request-id"], nobody.headers["x-request-id"]]
    assert "5555" not in json.dumps(log)


async def test_reading_along_needs_a_reason_and_pii_and_tells_nobody(
    api: httpx.AsyncClient, internal: httpx.AsyncClient, market: Market, rina: Person, viewer: Person
) -> None:
    customer, mitra = market.customer(), market.mitra()
    session = market.session(customer, mitra)
    for number in range(3):
        market.value("SELECT api.send_message(%s, 'customer', %s, %s, 'a secret')", session, customer.id, str(number))
    before = (await api.get(f"/api/chat/{session}/info", headers=customer.headers)).json()["watermarks"]
    path = f"{SESSIONS}/{session}/read-along"
    for body in ({}, {"reason": " "}, {"reason": "A complaint.", "after_seq": -1}):
        refused = await internal.post(path, json=body, headers=rina.headers)
        assert problem(refused) == (422, "VALIDATION_ERROR"), body
    refused = await internal.post(path, json={"reason": "Curious."}, headers=viewer.headers)
    assert problem(refused) == (403, "FORBIDDEN")
    assert "pii:read" in refused.json()["detail"]
    body = {"reason": "A complaint.", "after_seq": 1, "limit": 1}
    page = (await internal.post(path, json=body, headers=rina.headers)).json()
    assert ([message["seq"] for message in page["items"]], page["last_seq"]) == ([2], 3)
    assert page["items"][0]["body"] == "a secret"
    assert (await api.get(f"/api/chat/{session}/info", headers=customer.headers)).json()["watermarks"] == before
    entry = market.value("SELECT to_jsonb(log) FROM core.audit_log AS log WHERE action = 'session.read_along'")
    assert (entry["reason"], entry["subject"]) == ("A complaint.", str(session))
    assert "secret" not in json.dumps(entry)


async def test_sessions_and_failed_pairings_are_found_by_what_operators_ask_for(
    internal: httpx.AsyncClient, market: Market, rina: Person
) -> None:
    customer, mitra = market.customer(), market.mitra()
    running, lost = market.session(customer, mitra), market.search(market.customer())
    market.value("UPDATE core.chat_sessions SET pairing_deadline = clock_timestamp() WHERE id = %s RETURNING id", lost)
    while market.value("SELECT count(*) FROM api.run_due()"):
        pass

    async def found(path: str, **query: str) -> list[str]:
        answer = await internal.get(path, params=query, headers=rina.headers)
        assert answer.status_code == 200, answer.text
        return [item.get("session_id", item["id"]) for item in answer.json()["items"]]

    now = market.value("SELECT core.instant(clock_timestamp())")
    assert await found(SESSIONS, customer_id=str(customer.id)) == [str(running)]
    assert await found(SESSIONS, mitra_id=str(mitra.id), topic_sensitivity="normal") == [str(running)]
    assert await found(SESSIONS, topic_sensitivity="sensitive") == []
    assert await found(SESSIONS, status="failed", to=now) == [str(lost)]
    assert await found(SESSIONS, **{"from": now}) == []
    failed = "/internal/failed-pairings"
    assert await found(failed, customer_id=str(customer.id)) == []
    assert await found(failed, cause="no_mitra_available", to=now) == [str(lost)]
    yesterday = market.value("SELECT core.instant(clock_timestamp() - interval '1 day')")
    params = {"from": yesterday, "to": now}
    (counted,) = (await internal.get(f"{failed}/counts", params=params, headers=rina.headers)).json()["items"]
    assert (counted["cause"], counted["count"]) == ("no_mitra_available", 1)
    for wrong in ({"from": now, "to": yesterday}, {"from": yesterday}, {"from": "2026-01-01T00:00:00Z", "to": now}):
        answer = await internal.get(f"{failed}/counts", params=wrong, headers=rina.headers)
        assert problem(answer) == (422, "VALIDATION_ERROR"), wrong


async def test_each_route_is_for_the_permission_that_it_names(internal: httpx.AsyncClient, market: Market) -> None:
    one = uuid4()
    now = {"from": "2026-11-30T00:00:00Z", "to": "2026-11-30T01:00:00Z"}
    routes: list[tuple[str, str, Any, str, str]] = [
        ("GET", MITRAS, None, "mitra", "read"),
        ("GET", f"{MITRAS}/{one}", None, "mitra", "read"),
        ("GET", f"{MITRAS}/{one}/timeline", None, "mitra", "read"),
        ("PATCH", f"{MITRAS}/{one}", {}, "mitra", "update"),
        ("POST", f"{MITRAS}/{one}/force-offline", None, "mitra", "update"),
        ("GET", CUSTOMERS, None, "customers", "read"),
        ("GET", f"{CUSTOMERS}/{one}", None, "customers", "read"),
        ("POST", f"{CUSTOMERS}/search", {"phone": PHONE}, "customers", "read"),
        ("POST", f"{SESSIONS}/{one}/read-along", {"reason": "Why."}, "sessions", "read"),
        ("GET", "/internal/failed-pairings/counts", None, "sessions", "read"),
        ("GET", "/internal/offers", None, "sessions", "read"),
    ]
    everything: dict[str, list[str]] = market.value("SELECT core.all_permissions()")
    headers = {"If-Match": '"1"'}
    for method, path, body, resource, action in routes:
        lacking = everything | {resource: [other for other in everything[resource] if other != action]}
        refused = market.operator(market.role(json.dumps(lacking)))
        allowed = market.operator(market.role(json.dumps({resource: [action], "pii": ["read"]})))
        for person in (refused, market.customer(), market.mitra()):
            answer = await internal.request(method, path, json=body, params=now, headers=headers | person.headers)
            assert problem(answer) == (403, "FORBIDDEN"), (method, path)
            assert person is not refused or f"{resource}:{action}" in answer.json()["detail"]
        assert problem(await internal.request(method, path, json=body, headers=headers)) == (401, "UNAUTHENTICATED")
        params = now if path.endswith("counts") else None
        answer = await internal.request(method, path, json=body, params=params, headers=headers | allowed.headers)
        assert answer.status_code in {200, 404}, (method, path, answer.text)
