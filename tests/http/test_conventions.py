"""What holds for every route: bodies, ids of requests, refusals and headers."""

import json
import re
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import structlog

from app.http.bodies import MAX_BODY_BYTES
from tests.support.http_apps import problem
from tests.support.market import Market, Person

HOSTILE = [
    b"[",
    b"nonsense",
    b"\xff\xfe",
    b"null",
    b"[]",
    b'"text"',
    b"1e999",
    b"[" * 50_000,
    b'{"package_id": ' * 3_000,
    b'{"phone": "\\ud800"}',
]


WRONG_FIELDS: list[tuple[dict[str, object], str]] = [
    ({"phone": "+6281211112222", "user_type": "customer", "admin": True}, "admin"),
    ({"phone": "+6281211112222"}, "user_type"),
    ({"user_type": "customer"}, "phone"),
    ({"phone": "+6281211112222", "user_type": "cc"}, "user_type"),
    ({"phone": "not a number", "user_type": "customer"}, "phone"),
    ({"phone": 6281211112222, "user_type": "customer"}, "phone"),
    ({"phone": None, "user_type": "customer"}, "phone"),
    ({"phone": {"$gt": ""}, "user_type": "customer"}, "phone"),
    ({"phone": "+6281211112222\u0000", "user_type": "customer"}, "phone"),
    ({"phone": "+6281211112222", "user_type": ["customer"]}, "user_type"),
    ({"phone": "+1", "user_type": "customer"}, "phone"),
    ({}, "phone"),
]


async def test_a_body_that_is_not_the_json_asked_for_is_refused(api: httpx.AsyncClient) -> None:
    for body in HOSTILE:
        answer = await api.post("/api/auth/otp/request", content=body)
        assert problem(answer) == (422, "VALIDATION_ERROR"), body[:20]


async def test_a_wrong_field_is_refused_and_named(api: httpx.AsyncClient) -> None:
    for body, field in WRONG_FIELDS:
        answer = await api.post("/api/auth/otp/request", json=body)
        assert problem(answer) == (422, "VALIDATION_ERROR"), body
        assert answer.json()["field"] == field, body


async def test_a_hostile_field_name_comes_back_short(api: httpx.AsyncClient) -> None:
    body = {"phone": "+6281211112222", "user_type": "customer", "x`\n<script>" + "y" * 10_000: 1}
    answer = await api.post("/api/auth/otp/request", json=body)
    assert problem(answer) == (422, "VALIDATION_ERROR")
    assert len(answer.content) < 1_000


async def test_a_route_without_a_body_takes_none_or_an_empty_object(api: httpx.AsyncClient, market: Market) -> None:
    headers = market.mitra().headers
    path = "/api/mitra/status/online"
    assert (await api.post(path, headers=headers)).status_code == 200
    assert (await api.post(path, headers=headers, json={})).status_code == 200
    extra = await api.post(path, headers=headers, json={"is_online": False})
    assert problem(extra) == (422, "VALIDATION_ERROR")
    assert extra.json()["field"] == "is_online"


async def test_a_body_over_64_kib_is_refused(api: httpx.AsyncClient) -> None:
    fits = json.dumps({"refresh_token": "x" * 10}).encode().ljust(MAX_BODY_BYTES)
    assert problem(await api.post("/api/auth/refresh", content=fits)) == (401, "UNAUTHENTICATED")
    assert problem(await api.post("/api/auth/refresh", content=fits + b" ")) == (413, "PAYLOAD_TOO_LARGE")


async def test_a_chunked_body_over_64_kib_is_refused_though_it_never_said_how_long_it_is(
    api: httpx.AsyncClient,
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 1024

    answer = await api.post("/api/auth/refresh", content=chunks())
    assert "content-length" not in answer.request.headers
    assert problem(answer) == (413, "PAYLOAD_TOO_LARGE")


async def test_an_oversize_body_is_refused_on_a_route_that_takes_none(api: httpx.AsyncClient, market: Market) -> None:
    answer = await api.post("/api/mitra/status/heartbeat", content=b" " * 70_000, headers=market.mitra().headers)
    assert problem(answer) == (413, "PAYLOAD_TOO_LARGE")


async def test_a_body_that_deleting_or_reading_does_not_take_is_refused_and_nothing_is_deleted(
    api: httpx.AsyncClient, internal: httpx.AsyncClient, market: Market
) -> None:
    customer, operator = market.customer(), market.operator()
    asked = (
        (api, "DELETE", "/api/me", customer),
        (api, "DELETE", f"/api/chat/{uuid4()}/block", customer),
        (api, "GET", "/api/me", customer),
        (api, "HEAD", "/api/me", customer),
        (api, "GET", "/api/packages", customer),
        (internal, "GET", "/internal/mitras", operator),
        (internal, "GET", "/internal/mitras?format=csv", operator),
    )
    for client, method, path, who in asked:
        for body, status in ((b'{"dry_run": true}', 422), (b"no", 422), (b" " * (MAX_BODY_BYTES + 1), 413)):
            answer = await client.request(method, path, content=body, headers=who.headers)
            assert answer.status_code == status, (method, path, body[:20])
    for client, method, path, who in asked[2:]:
        answer = await client.request(method, path, content=b"{}", headers=who.headers)
        assert answer.status_code == 200, (method, path)
    assert (await api.request("DELETE", "/api/me", content=b"{}", headers=customer.headers)).status_code == 204


async def test_a_query_that_is_not_the_one_asked_for_is_refused(api: httpx.AsyncClient, market: Market) -> None:
    headers = market.customer().headers
    for query in ("limit=0", "limit=201", "limit=ten", "limit=1&limit=2", "cursor=nonsense", "before=now"):
        answer = await api.get(f"/api/chat/sessions?{query}", headers=headers)
        assert problem(answer) == (422, "VALIDATION_ERROR"), query


async def test_a_query_on_a_route_that_takes_none_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.get("/api/packages?customer_id=1")
    assert problem(answer) == (422, "VALIDATION_ERROR")
    assert answer.json()["field"] == "customer_id"


async def test_what_is_not_a_public_route_is_not_found(api: httpx.AsyncClient) -> None:
    for path in ("/api", "/api/nothing", "/internal/dashboard", "/metrics", "/../etc/passwd"):
        assert problem(await api.get(path)) == (404, "NOT_FOUND"), path


async def test_a_public_route_is_not_found_on_the_internal_app(internal: httpx.AsyncClient) -> None:
    assert problem(await internal.get("/api/availability")) == (404, "NOT_FOUND")


async def test_an_id_that_is_not_a_uuid_is_not_found(api: httpx.AsyncClient, market: Market) -> None:
    answer = await api.get("/api/payment-requests/1", headers=market.customer().headers)
    assert problem(answer) == (404, "NOT_FOUND")


async def test_a_method_that_a_route_does_not_answer_is_refused_with_those_it_does(api: httpx.AsyncClient) -> None:
    answer = await api.delete("/api/availability")
    assert problem(answer) == (405, "METHOD_NOT_ALLOWED")
    assert "GET" in answer.headers["allow"]
    for unused in ("TRACE", "CONNECT"):
        assert not (await api.request(unused, "/api/availability")).is_success


async def test_a_request_id_is_taken_over_and_echoed(api: httpx.AsyncClient) -> None:
    for given in ("abc-123", str(uuid4()), "a.b:c/d+e=f@g~h_i"):
        for path in ("/api/packages", "/api/nothing"):
            assert (await api.get(path, headers={"X-Request-ID": given})).headers["x-request-id"] == given


async def test_a_request_id_that_could_do_harm_is_replaced(api: httpx.AsyncClient) -> None:
    for given in ("", "x" * 129, "two words", 'quote"', "{}", "é"):
        answer = await api.get("/api/packages", headers=[(b"x-request-id", given.encode())])
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"]), given


async def test_every_request_without_an_id_gets_its_own(api: httpx.AsyncClient) -> None:
    ids = {(await api.get("/api/packages")).headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3


async def test_a_request_is_logged_with_its_ids_and_without_values(api: httpx.AsyncClient, market: Market) -> None:
    customer = market.customer()
    headers = {
        "X-Request-ID": "find-me",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    }
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logged:
        await api.get(f"/api/payment-requests/{uuid4()}", headers=customer.headers | headers)
    (line,) = [line for line in logged if line["event"] == "request"]
    assert line["request_id"] == "find-me"
    assert line["traceparent"] == headers["traceparent"]
    assert line["route"] == "/api/payment-requests/{payment_request_id}"
    assert line["status"] == 404
    assert line["user"] == f"customer:{customer.id}"


async def test_a_request_is_logged_with_the_ids_of_what_it_is_about_and_with_its_refusal(
    api: httpx.AsyncClient, market: Market, customer: Person, mitra: Person
) -> None:
    (offer,), package = market.offer(customer, mitra), market.package()
    path, repeat = f"/api/mitra/offers/{offer}/decline", {"Idempotency-Key": "k"}
    with structlog.testing.capture_logs() as logged:
        await api.post(path, headers=mitra.headers)
        for headers in ({}, repeat, repeat):
            await api.post(path.replace("decline", "accept"), headers=mitra.headers | headers)
        body = {"package_id": str(package)}
        asked = await api.post("/api/payment-requests", json=body, headers=market.customer().headers)
    declined, *refused, payment = [line for line in logged if line["event"] == "request"]
    session = market.value("SELECT session_id FROM core.pairing_offers WHERE id = %s", offer)
    assert (declined["offer_id"], declined["session_id"]) == (str(offer), str(session))
    assert "refusal" not in declined
    assert {(line["offer_id"], line["refusal"]) for line in refused} == {(str(offer), "OFFER_GONE")}
    assert len(refused) == 3
    assert payment["payment_request_id"] == asked.json()["id"]


async def test_neither_phone_nor_code_nor_token_is_logged(api: httpx.AsyncClient) -> None:
    phone = {"phone": "+6281299998888", "user_type": "customer"}
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logged:
        await api.post("/api/auth/otp/request", json=phone)
        await api.post("/api/auth/otp/verify", json=phone | {"code": "424242"})
        tokens = (await api.post("/api/auth/otp/verify", json=phone | {"code": "000000"})).json()
        await api.get(f"/api/me?token={tokens['access_token']}")
    assert logged
    for planted in ("81299998888", "424242", tokens["access_token"], tokens["refresh_token"]):
        assert planted not in repr(logged)


async def test_every_answer_carries_safe_headers(api: httpx.AsyncClient) -> None:
    for path in ("/api/packages", "/api/nothing", "/docs", "/openapi.json", "/healthz"):
        headers = (await api.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer", path
        assert headers["content-security-policy"].startswith("default-src 'none'"), path
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert "server" not in headers, path


async def test_health_and_readiness_are_on_both_apps(api: httpx.AsyncClient, internal: httpx.AsyncClient) -> None:
    for client in (api, internal):
        assert (await client.get("/healthz")).json() == {"status": "alive"}
        ready = await client.get("/readyz")
        assert ready.status_code == 200
        assert ready.json()["reasons"][-1] == "mirror_not_kept"  # no listener runs
        assert ready.json().items() >= {"status": "degraded", "postgres": "up", "valkey": "up"}.items()
