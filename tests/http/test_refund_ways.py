"""Refunds by transfer and by credit, what the balance pays for, and where all money is."""

from uuid import uuid4

import httpx
import pytest

from tests.support.http_apps import problem
from tests.support.market import PASSWORD, Market, Person
from tests.support.tokens import bearer

LIST = "/internal/payment-requests"
LONG_AGO, LATER = "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"


@pytest.fixture
def first(market: Market) -> Person:
    return market.operator()


@pytest.fixture
def second(market: Market) -> Person:
    return market.operator()


@pytest.fixture
def customer(market: Market) -> Person:
    market.mitra()
    return market.customer()


def paid(**more: object) -> dict[str, object]:
    return {"paid": True, "bank": "BCA", "reference": "FT1", "paid_at": "2999-01-01T00:00:00Z"} | more


async def test_a_transfer_is_confirmed_by_a_second_user(
    internal: httpx.AsyncClient, market: Market, customer: Person, first: Person, second: Person
) -> None:
    payment = str(market.owed(customer))
    path = f"{LIST}/{payment}/refund"
    assert problem(await internal.post(f"{path}/confirm", json=paid(), headers=second.headers)) == (
        409,
        "INVALID_STATE",
    )
    asked = await internal.post(path, json={"way": "transfer", "reason": "no account"}, headers=first.headers)
    assert asked.status_code == 200, asked.text
    assert (asked.json()["refund_status"], asked.json()["ways"]) == ("requested", ["transfer"])
    assert problem(await internal.post(path, json={"reason": "again"}, headers=first.headers)) == (409, "INVALID_STATE")

    alone = await internal.post(f"{path}/confirm", json=paid(), headers=first.headers)
    assert problem(alone) == (409, "SECOND_USER_REQUIRED")
    early = await internal.post(f"{path}/confirm", json=paid(), headers=second.headers)
    assert (problem(early), early.json()["field"]) == ((422, "VALIDATION_ERROR"), "paid_at")
    vague = await internal.post(f"{path}/confirm", json={"paid": True}, headers=second.headers)
    assert (problem(vague), vague.json()["field"]) == ((422, "VALIDATION_ERROR"), "bank")
    failed = await internal.post(f"{path}/confirm", json={"paid": False, "reason": "closed"}, headers=second.headers)
    assert (failed.json()["refund_status"], failed.json()["refund"]["failure"]) == ("due", "closed")

    (owed,) = (await internal.get("/internal/refund-due", headers=first.headers)).json()["items"]
    assert (owed["payment_request_id"], owed["days_owed"], owed["failure"]) == (payment, 0, "closed")
    assert owed["ways"] == ["provider", "transfer", "credit"]

    await internal.post(path, json={"way": "transfer", "reason": "no account"}, headers=second.headers)
    now = market.value("SELECT core.instant(clock_timestamp())")
    done = await internal.post(f"{path}/confirm", json=paid(paid_at=now), headers=first.headers)
    assert done.status_code == 200, done.text
    assert (done.json()["refund_status"], done.json()["refunded_amount"]) == ("refunded", 50_000)
    refund = done.json()["refund"]
    assert (refund["way"], refund["bank"], refund["reference"], refund["paid_at"]) == ("transfer", "BCA", "FT1", now)
    assert (refund["actor_id"], refund["confirmed_by"]) == (str(second.id), str(first.id))
    assert [each["status"] for each in done.json()["refunds"]] == ["succeeded", "failed"]
    market.assert_all_is_well()


async def test_a_user_made_through_the_api_is_a_second_user_until_somebody_resets_the_password(
    internal: httpx.AsyncClient, market: Market, customer: Person, first: Person
) -> None:
    path = f"{LIST}/{market.owed(customer)}/refund"
    await internal.post(path, json={"way": "transfer", "reason": "no account"}, headers=first.headers)
    body = {"email": "budi@example.com", "display_name": "Budi", "role": "super_admin", "password": PASSWORD}
    made = await internal.post("/internal/control-center-users", json=body, headers=first.headers)

    async def second(password: str) -> dict[str, str]:
        login = {"email": body["email"], "password": password}
        return bearer((await internal.post("/internal/auth/login", json=login)).json()["access_token"])

    async def confirmed(password: str) -> httpx.Response:
        body = {"paid": False, "reason": "closed"}
        return await internal.post(f"{path}/confirm", json=body, headers=await second(password))

    assert (await confirmed(PASSWORD)).json()["refund_status"] == "due"
    await internal.post(path, json={"way": "transfer", "reason": "no account"}, headers=first.headers)
    reset = f"/internal/control-center-users/{made.json()['id']}/password"
    await internal.post(reset, json={"password": PASSWORD}, headers=first.headers)
    again = await confirmed(PASSWORD)
    assert problem(again) == (409, "SECOND_USER_REQUIRED")
    assert again.json()["hint"] == "This one must first choose a password of their own."
    change = {"old_password": PASSWORD, "password": "five words that nobody knows"}
    changed = await internal.post("/internal/me/password", json=change, headers=await second(PASSWORD))
    assert changed.status_code == 204, changed.text
    assert (await confirmed("five words that nobody knows")).json()["refund_status"] == "due"
    market.assert_all_is_well()


async def test_credit_is_asked_for_by_its_way_and_a_reason(
    internal: httpx.AsyncClient, market: Market, customer: Person, first: Person
) -> None:
    path = f"{LIST}/{market.owed(customer)}/refund"
    agreed = {"way": "credit", "reason": "agreed by phone"}
    credited = await internal.post(path, json=agreed, headers=first.headers)
    assert (credited.status_code, credited.json()["credited_amount"]) == (200, 50_000), credited.text
    kept = "SELECT after - 'refund_id' FROM core.audit_log WHERE action = 'payment.refund'"
    assert market.value(kept) == {**agreed, "amount": 50_000}  # what nobody said is not written down as said
    market.assert_all_is_well()


async def test_credit_is_refused_without_consent_and_pays_for_the_next_session(
    api: httpx.AsyncClient, internal: httpx.AsyncClient, market: Market, customer: Person, first: Person
) -> None:
    payment = str(market.owed(customer))
    path = f"{LIST}/{payment}/refund"
    against = {"way": "credit", "reason": "asked", "customer_consented": False}
    unasked = await internal.post(path, json=against, headers=first.headers)
    assert (problem(unasked), unasked.json()["field"]) == ((422, "VALIDATION_ERROR"), "customer_consented")
    agreed = {"way": "credit", "customer_consented": True, "reason": "by phone"}
    credited = await internal.post(path, json=agreed, headers=first.headers)
    assert (credited.json()["refund_status"], credited.json()["credited_amount"]) == ("refunded", 50_000)
    assert problem(await internal.post(path, json=agreed, headers=first.headers)) == (409, "INVALID_STATE")
    assert (await api.get("/api/me", headers=customer.headers)).json()["balance"] == 50_000
    assert problem(await api.delete("/api/me", headers=customer.headers)) == (409, "INVALID_STATE")

    dear = {"package_id": str(market.package(price=50_001)), "use_credit": True}
    link = (await api.post("/api/payment-requests", json=dear, headers=customer.headers)).json()
    assert (link["status"], link["provider"]) == ("pending", "manual")
    assert (await api.get("/api/me", headers=customer.headers)).json()["balance"] == 50_000

    body, key = {"package_id": str(market.package(price=50_000)), "use_credit": True}, {"Idempotency-Key": str(uuid4())}
    made = [await api.post("/api/payment-requests", json=body, headers=customer.headers | key) for _ in range(2)]
    assert [reply.status_code for reply in made] == [201, 201]
    bought, again = (reply.json() for reply in made)
    assert (bought["status"], bought["provider"], bought["checkout_url"]) == ("confirmed", "credit", None)
    assert bought["session_id"] is not None
    assert again["id"] == bought["id"]
    assert (await api.get("/api/me", headers=customer.headers)).json()["balance"] == 0

    refused = await internal.post(f"{LIST}/{bought['id']}/refund", json={"reason": "by phone"}, headers=first.headers)
    assert (problem(refused), refused.json()["hint"]) == (
        (409, "INVALID_STATE"),
        "Ways that are open: transfer, credit.",
    )
    by_credit = await internal.get(LIST, params={"provider": "credit"}, headers=first.headers)
    assert [each["id"] for each in by_credit.json()["items"]] == [bought["id"]]
    balance = (await internal.get("/internal/money", headers=first.headers)).json()
    assert (balance["confirmed"], balance["paid_by_credit"], balance["held"]) == (100_000, 50_000, 50_000)
    assert (balance["credit"], balance["unaccounted"]) == (0, 0)
    proof = (await internal.get("/internal/money", params={"proof": True}, headers=first.headers)).json()
    assert {**balance, "server_time": ""} == {**proof, "server_time": ""}

    back = await internal.post(f"{LIST}/{bought['id']}/refund", json=agreed, headers=first.headers)
    assert back.json()["credited_amount"] == 50_000
    path = f"/internal/customers/{customer.id}/return-balance"
    returned = await internal.post(path, json={"reason": "wants it back"}, headers=first.headers)
    assert (returned.json()["returned"], returned.json()["items"][0]["id"]) == (50_000, bought["id"])
    assert problem(await internal.post(path, json={}, headers=first.headers)) == (409, "INVALID_STATE")
    assert market.value("SELECT reason FROM core.audit_log WHERE action = 'customer.return_balance'") == "wants it back"
    market.assert_all_is_well()


async def test_payment_requests_are_found_by_each_filter(
    internal: httpx.AsyncClient, market: Market, customer: Person, first: Person
) -> None:
    payment = str(market.owed(customer))
    session = market.value("SELECT session_id FROM core.payment_requests WHERE id = %s", payment)
    market.value("SELECT api.create_payment_request(%s, %s)", market.customer().id, market.package())

    async def found(**filters: object) -> list[str]:
        query = {key.rstrip("_"): str(value) for key, value in filters.items()}
        reply = await internal.get(LIST, params=query, headers=first.headers)
        assert reply.status_code == 200, reply.text
        return [each["id"] for each in reply.json()["items"]]

    for filters in (
        {"status": "failed"},
        {"refund_status": "due"},
        {"customer_id": customer.id},
        {"session_id": session},
        {"provider": "manual", "status": "failed"},
        {"from_": LONG_AGO, "to": LATER, "refund_status": "due"},
        {"stuck": "false", "flagged": "false", "status": "failed"},
    ):
        assert await found(**filters) == [payment], filters
    for filters in ({"provider": "credit"}, {"from_": LATER}, {"to": LONG_AGO}, {"stuck": "true"}, {"flagged": "true"}):
        assert await found(**filters) == [], filters
    market.value(
        "INSERT INTO core.webhook_receipts (provider, receipt_key, body, is_flagged, payment_request_id)"
        " VALUES ('xendit', 'odd', '{}', true, %s) RETURNING id",
        payment,
    )
    assert await found(flagged="true") == [payment]


async def test_without_the_permission_nobody_pays_back(
    internal: httpx.AsyncClient, market: Market, customer: Person
) -> None:
    reader = market.operator(market.role('{"payments": ["read"], "webhooks": ["read"]}'))
    payment = str(market.owed(customer))
    for path, body in (
        (f"{LIST}/{payment}/refund", {"way": "transfer"}),
        (f"{LIST}/{payment}/refund/confirm", {"paid": False, "reason": "closed"}),
        (f"/internal/customers/{customer.id}/return-balance", {}),
        (f"/internal/webhooks/{payment}/process", {}),
    ):
        assert problem(await internal.post(path, json=body, headers=reader.headers)) == (403, "FORBIDDEN"), path
    for path in ("/internal/money", "/internal/refund-due", "/internal/webhooks", LIST):
        assert (await internal.get(path, headers=reader.headers)).status_code == 200, path
