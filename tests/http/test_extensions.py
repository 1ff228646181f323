"""Going on: a customer pays for more minutes, the mitra answers."""

from uuid import UUID, uuid4

import httpx

from tests.support.http_apps import problem
from tests.support.market import Market, Person


async def paid(api: httpx.AsyncClient, market: Market, session: UUID, customer: Person) -> dict[str, object]:
    package = market.package(minutes=10, price=10_000, is_extension=True)
    asked = {"package_id": str(package), "is_extension": True, "session_id": str(session)}
    payment = (await api.post("/api/payment-requests", json=asked, headers=customer.headers)).json()
    confirmed = await api.post(f"/api/payment-requests/{payment['id']}/confirm", headers=customer.headers)
    assert confirmed.json()["status"] == "confirmed"
    return {"duration_minutes": 10, "price": 10000, "extension_payment_request_id": payment["id"]}


async def test_an_extension_pauses_the_clock_and_a_yes_goes_on(
    api: httpx.AsyncClient, market: Market, session: UUID, customer: Person, mitra: Person
) -> None:
    body = await paid(api, market, session, customer)
    asked = await api.post(f"/api/chat/{session}/extensions", json=body, headers=customer.headers)
    assert asked.status_code == 201, asked.text
    extension = asked.json()
    assert extension["status"] == "pending"
    assert extension["payment_request_id"] == body["extension_payment_request_id"]
    info = (await api.get(f"/api/chat/{session}/info", headers=mitra.headers)).json()
    assert info["status"] == "extending"
    assert info["pending_extension"]["id"] == extension["id"]
    before = info["seconds_left"]

    route = f"/api/chat/{session}/extensions/{extension['id']}/respond"
    answered = await api.post(route, json={"accepted": True}, headers=mitra.headers)
    assert (answered.status_code, answered.json()["status"]) == (200, "accepted")
    info = (await api.get(f"/api/chat/{session}/info", headers=customer.headers)).json()
    assert info["status"] == "active"
    assert before + 500 <= info["seconds_left"] <= before + 600
    assert problem(await api.post(route, json={"accepted": False}, headers=mitra.headers)) == (
        409,
        "EXTENSION_RESOLVED",
    )


async def test_a_no_closes_the_session_and_owes_the_money_back(
    api: httpx.AsyncClient, market: Market, session: UUID, customer: Person, mitra: Person
) -> None:
    body = await paid(api, market, session, customer)
    extension = (await api.post(f"/api/chat/{session}/extensions", json=body, headers=customer.headers)).json()
    route = f"/api/chat/{session}/extensions/{extension['id']}/respond"
    assert (await api.post(route, json={"accepted": False}, headers=mitra.headers)).json()["status"] == "rejected"
    payment = await api.get(f"/api/payment-requests/{body['extension_payment_request_id']}", headers=customer.headers)
    assert (payment.json()["status"], payment.json()["refund_status"]) == ("failed", "due")
    assert (await api.get(f"/api/chat/{session}/info", headers=customer.headers)).json()["status"] == "closing"


async def test_what_does_not_fit_is_refused_by_its_own_code(
    api: httpx.AsyncClient, market: Market, session: UUID, customer: Person, mitra: Person
) -> None:
    route = f"/api/chat/{session}/extensions"
    body = await paid(api, market, session, customer)

    async def refused(changes: dict[str, object], who: Person = customer) -> tuple[int, str]:
        return problem(await api.post(route, json=body | changes, headers=who.headers))

    assert await refused({"price": 9999}) == (422, "VALIDATION_ERROR")
    assert await refused({"extension_payment_request_id": str(uuid4())}) == (404, "NOT_FOUND")
    assert await refused({"extra": 1}) == (422, "VALIDATION_ERROR")
    assert await refused({}, market.customer()) == (409, "SESSION_NOT_ACTIVE")
    assert await refused({}, mitra) == (403, "FORBIDDEN")
    missing = {name: value for name, value in body.items() if name != "extension_payment_request_id"}
    assert problem(await api.post(route, json=missing, headers=customer.headers)) == (422, "VALIDATION_ERROR")
    extension = (await api.post(route, json=body, headers=customer.headers)).json()
    answer = f"{route}/{extension['id']}/respond"
    stranger = market.mitra()
    assert problem(await api.post(answer, json={"accepted": True}, headers=stranger.headers)) == (403, "FORBIDDEN")
    assert problem(await api.post(answer, json={"accepted": "yes"}, headers=mitra.headers)) == (422, "VALIDATION_ERROR")
