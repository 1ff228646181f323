"""Packages, and asking for money."""

from uuid import uuid4

import httpx
import pytest
import structlog

from app.serving.apps import create_public_app
from app.settings import ApiSettings
from tests.support.http_apps import problem, serving
from tests.support.market import Market
from tests.support.tokens import bearer

PATH = "/api/payment-requests"


async def test_packages_are_shown_to_anyone(api: httpx.AsyncClient, market: Market) -> None:
    base, extension = market.package(), market.package(minutes=15, price=20_000, is_extension=True)
    for headers in ({}, market.customer().headers, market.mitra().headers):
        items = (await api.get("/api/packages", headers=headers)).json()["items"]
        assert [item["id"] for item in items] == [str(base), str(extension)]
        assert items[0]["price"] == 50_000
        assert items[1]["is_extension"] is True


async def test_the_first_session_price_is_shown_to_a_customer_it_applies_to(
    api: httpx.AsyncClient, market: Market
) -> None:
    market.package(first_session_price=10_000)
    customer = market.customer()
    assert (await api.get("/api/packages")).json()["items"][0]["price"] == 50_000
    (item,) = (await api.get("/api/packages", headers=customer.headers)).json()["items"]
    assert (item["price"], item["is_first_session_discount"]) == (10_000, True)
    market.session(customer, market.mitra())
    (item, *_) = (await api.get("/api/packages", headers=customer.headers)).json()["items"]
    assert item["price"] == 50_000


async def test_packages_are_refused_to_a_bad_token_rather_than_shown_at_the_wrong_price(
    api: httpx.AsyncClient,
) -> None:
    assert problem(await api.get("/api/packages", headers=bearer("old"))) == (401, "UNAUTHENTICATED")


async def test_a_payment_request_takes_amount_and_minutes_from_the_package(
    api: httpx.AsyncClient, market: Market
) -> None:
    market.mitra()
    customer, package = market.customer(), market.package()
    made = await api.post(PATH, json={"package_id": str(package)}, headers=customer.headers)
    assert made.status_code == 201
    body = made.json()
    assert (body["amount"], body["duration_minutes"], body["status"]) == (50_000, 30, "pending")
    assert (body["provider"], body["session_id"], body["refund_status"]) == ("manual", None, "none")
    assert body["checkout_url"].endswith(f"{body['id']}/confirm")
    assert (await api.get(f"{PATH}/{body['id']}", headers=customer.headers)).json() == body


async def test_paying_starts_the_search(api: httpx.AsyncClient, market: Market) -> None:
    market.mitra()
    customer = market.customer()
    made = (await api.post(PATH, json={"package_id": str(market.package())}, headers=customer.headers)).json()
    paid = await api.post(f"{PATH}/{made['id']}/confirm", headers=customer.headers)
    assert paid.status_code == 200
    assert paid.json()["status"] == "confirmed"
    session = await api.get(f"/api/chat/{paid.json()['session_id']}/info", headers=customer.headers)
    assert session.json()["status"] == "searching"
    again = await api.post(f"{PATH}/{made['id']}/confirm", headers=customer.headers)
    assert again.json() == paid.json()


@pytest.mark.parametrize("changes", [{"app_env": "production"}, {"xendit_enabled": True}], ids=str)
async def test_paying_by_hand_is_not_found_where_it_would_be_free_money(
    api_settings: ApiSettings, market: Market, changes: dict[str, object]
) -> None:
    customer = market.customer()
    payment = market.payment(customer)
    async with serving(create_public_app(api_settings.model_copy(update=changes))) as client:
        answer = await client.post(f"{PATH}/{payment}/confirm", headers=customer.headers)
    assert problem(answer) == (404, "NOT_FOUND")
    assert market.value("SELECT status FROM core.payment_requests WHERE id = %s", payment) == "pending"


async def test_production_without_a_payment_provider_sells_nothing_and_says_so_at_its_start(
    api_settings: ApiSettings, market: Market
) -> None:
    customer, body = market.customer(), {"package_id": str(market.package())}
    market.mitra()
    with structlog.testing.capture_logs() as lines:
        async with serving(create_public_app(api_settings.model_copy(update={"app_env": "production"}))) as client:
            answers = [
                await client.post(PATH, json=body, headers={**customer.headers, **key})
                for key in ({}, {"Idempotency-Key": "one"}, {"Idempotency-Key": "one"})
            ]
    assert {problem(answer) for answer in answers} == {(502, "PAYMENT_PROVIDER_UNAVAILABLE")}
    assert market.value("SELECT count(*) FROM core.payment_requests") == 0
    assert [line["log_level"] for line in lines if line["event"] == "no_payment_provider"] == ["warning"]


async def test_nobody_available_is_said_before_any_money_moves(api: httpx.AsyncClient, market: Market) -> None:
    customer = market.customer()
    answer = await api.post(PATH, json={"package_id": str(market.package())}, headers=customer.headers)
    assert problem(answer) == (409, "NO_MITRA_AVAILABLE")
    assert market.value("SELECT count(*) FROM core.payment_requests") == 0


async def test_a_second_session_is_refused_while_one_is_open(api: httpx.AsyncClient, market: Market) -> None:
    market.mitra()
    customer = market.customer()
    market.search(customer)
    answer = await api.post(PATH, json={"package_id": str(market.package())}, headers=customer.headers)
    assert problem(answer) == (409, "SESSION_ALREADY_OPEN")


async def test_an_extension_is_neither_refused_for_nobody_available_nor_for_the_open_session(
    api: httpx.AsyncClient, market: Market
) -> None:
    mitra = market.mitra(max_sessions=1)
    customer = market.customer()
    session = market.session(customer, mitra)
    body = {
        "package_id": str(market.package(is_extension=True)),
        "is_extension": True,
        "session_id": str(session),
    }
    made = await api.post(PATH, json=body, headers=customer.headers)
    assert made.status_code == 201
    assert (made.json()["is_extension"], made.json()["session_id"]) == (True, str(session))


async def test_a_wrong_body_is_refused_and_changes_nothing(api: httpx.AsyncClient, market: Market) -> None:
    customer, package = market.customer(), str(market.package())
    wrong: list[tuple[dict[str, object], str]] = [
        ({}, "package_id"),
        ({"package_id": "nonsense"}, "package_id"),
        ({"package_id": package, "amount": 1}, "amount"),
        ({"package_id": package, "is_extension": "yes"}, "is_extension"),
        ({"package_id": package, "is_extension": None}, "is_extension"),
        ({"package_id": package, "session_id": 1}, "session_id"),
        ({"package_id": package, "session_id": str(uuid4())}, "session_id"),
    ]
    for body, field in wrong:
        answer = await api.post(PATH, json=body, headers=customer.headers)
        assert problem(answer) == (422, "VALIDATION_ERROR"), body
        assert answer.json()["field"] == field, body
    assert market.value("SELECT count(*) FROM core.payment_requests") == 0


async def test_an_unknown_package_is_not_found(api: httpx.AsyncClient, market: Market) -> None:
    answer = await api.post(PATH, json={"package_id": str(uuid4())}, headers=market.customer().headers)
    assert problem(answer) == (404, "NOT_FOUND")


async def test_a_request_nobody_paid_can_be_taken_back_and_a_paid_one_can_not(
    api: httpx.AsyncClient, market: Market
) -> None:
    customer = market.customer()
    unpaid, paid = market.payment(customer), market.payment(customer)
    cancelled = await api.post(f"{PATH}/{unpaid}/cancel", headers=customer.headers)
    assert cancelled.json()["status"] == "cancelled"
    market.value("SELECT api.confirm_payment(%s)", paid)
    refused = await api.post(f"{PATH}/{paid}/cancel", headers=customer.headers)
    assert problem(refused) == (409, "INVALID_STATE")


async def test_somebody_elses_payment_is_not_found(api: httpx.AsyncClient, market: Market) -> None:
    payment, stranger = market.payment(market.customer()), market.customer()
    for answer in (
        await api.get(f"{PATH}/{payment}", headers=stranger.headers),
        await api.post(f"{PATH}/{payment}/cancel", headers=stranger.headers),
        await api.post(f"{PATH}/{payment}/confirm", headers=stranger.headers),
        await api.get(f"{PATH}/{uuid4()}", headers=stranger.headers),
    ):
        assert problem(answer) == (404, "NOT_FOUND")
    assert market.value("SELECT status FROM core.payment_requests WHERE id = %s", payment) == "pending"
