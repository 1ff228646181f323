"""One's own account and devices: changed by nobody else, and forgotten when asked to."""

from urllib.parse import quote
from uuid import uuid4

import httpx
import structlog

from tests.support.http_apps import problem
from tests.support.market import Market, Person


async def change(api: httpx.AsyncClient, person: Person, **fields: object) -> httpx.Response:
    return await api.patch("/api/me", json=fields, headers=person.headers)


async def test_a_name_and_a_language_are_changed_and_what_is_left_out_stays(
    api: httpx.AsyncClient, market: Market
) -> None:
    for person, name in ((market.customer(), None), (market.mitra(), "Sari")):
        answer = await change(api, person, locale="en")
        assert (answer.status_code, answer.json()["locale"], answer.json()["display_name"]) == (200, "en", name)

        answer = await change(api, person, display_name="Dewi")
        assert (answer.json()["locale"], answer.json()["display_name"]) == ("en", "Dewi")
        assert (await change(api, person)).json() == answer.json()
        assert (await api.get("/api/me", headers=person.headers)).json() == answer.json()


async def test_what_is_not_ones_own_to_change_is_refused(api: httpx.AsyncClient, market: Market) -> None:
    customer = market.customer()
    for fields, field in (
        ({"phone": "+6281211112222"}, "phone"),
        ({"display_name": ""}, "display_name"),
        ({"display_name": " \t"}, "display_name"),
        ({"display_name": "x" * 81}, "display_name"),
        ({"locale": "fr"}, "locale"),
    ):
        answer = await change(api, customer, **fields)
        assert problem(answer) == (422, "VALIDATION_ERROR"), fields
        assert answer.json()["field"] == field


async def test_a_deactivated_mitra_changes_nothing_of_hers_but_takes_her_phone_back(
    api: httpx.AsyncClient, market: Market
) -> None:
    mitra = market.mitra()
    market.deactivate(mitra)

    assert problem(await change(api, mitra, locale="en")) == (403, "MITRA_DEACTIVATED")
    device = "/api/me/push-tokens/device"
    assert problem(await api.put(device, headers=mitra.headers)) == (403, "MITRA_DEACTIVATED")
    assert (await api.delete(device, headers=mitra.headers)).status_code == 204


async def test_a_device_is_registered_renewed_and_forgotten(api: httpx.AsyncClient, market: Market) -> None:
    customer, mitra = market.customer(), market.mitra()
    token = "cFg7:APA91b-_x%2F~!$&'()*+,;=@/ä 😀" + "y" * 200

    async def ask(method: str, person: Person) -> int:
        path = "/api/me/push-tokens/" + quote(token, safe="~!$&'()*+,;=:@")
        return (await api.request(method, path, headers=person.headers)).status_code

    def owner() -> object:
        return market.value("SELECT user_id FROM core.push_tokens WHERE token = %s", token)

    assert [await ask("PUT", customer), await ask("PUT", customer)] == [204, 204]
    assert owner() == customer.id
    assert (await ask("PUT", mitra), owner()) == (204, mitra.id)
    assert (await ask("DELETE", customer), owner()) == (204, mitra.id)
    assert (await ask("DELETE", mitra), owner()) == (204, None)
    assert await ask("DELETE", mitra) == 204


async def test_a_token_that_can_be_none_is_refused(api: httpx.AsyncClient, market: Market) -> None:
    headers = market.customer().headers
    for token in ("%00", "a%0Ab", "%20%C2%A0", "x" * 5000):
        answer = await api.put(f"/api/me/push-tokens/{token}", headers=headers)
        assert problem(answer) == (422, "VALIDATION_ERROR"), token[:10]
        assert answer.json()["field"] == "token"


async def test_a_device_is_somebodys(api: httpx.AsyncClient, market: Market) -> None:
    assert problem(await api.put("/api/me/push-tokens/device")) == (401, "UNAUTHENTICATED")
    nobody = market.log_in("customer", uuid4())
    assert problem(await api.put("/api/me/push-tokens/device", headers=nobody.headers)) == (404, "NOT_FOUND")
    operator = market.operator()
    assert problem(await api.put("/api/me/push-tokens/device", headers=operator.headers)) == (403, "FORBIDDEN")


async def test_no_log_shows_a_device(api: httpx.AsyncClient, market: Market) -> None:
    with structlog.testing.capture_logs() as lines:
        await api.put("/api/me/push-tokens/a-device-of-somebody", headers=market.customer().headers)

    assert [line["route"] for line in lines if line["event"] == "request"] == ["/api/me/push-tokens/{token}"]
    assert "a-device-of-somebody" not in str(lines)


async def test_a_customer_who_leaves_is_forgotten(api: httpx.AsyncClient, market: Market) -> None:
    customer = market.customer()
    phone = "+6281277778888"
    market.value(
        "UPDATE core.customers SET phone = %s, is_anonymous = false WHERE id = %s RETURNING id", phone, customer.id
    )
    await change(api, customer, display_name="Dewi")
    await api.put("/api/me/push-tokens/device", headers=customer.headers)

    assert (await api.delete("/api/me", headers=customer.headers)).status_code == 204

    assert market.value("SELECT concat(display_name, phone) FROM core.customers WHERE id = %s", customer.id) == ""
    assert market.value("SELECT count(*) FROM core.push_tokens WHERE user_id = %s", customer.id) == 0
    assert (
        market.value("SELECT count(*) FROM core.auth_sessions WHERE user_id = %s AND revoked_at IS NULL", customer.id)
        == 0
    )
    assert market.value("SELECT frame ->> 'type' FROM api.events_after('customer', %s, 0)", customer.id) == "signed_out"
    for answer in (
        await api.get("/api/me", headers=customer.headers),
        await api.delete("/api/me", headers=customer.headers),
        await change(api, customer, locale="en"),
        await api.post("/api/payment-requests", json={"package_id": str(market.package())}, headers=customer.headers),
    ):
        assert problem(answer) == (404, "NOT_FOUND")


async def test_nobody_leaves_with_an_open_session_or_money_held_or_due(api: httpx.AsyncClient, market: Market) -> None:
    customer, mitra = market.customer(), market.mitra()
    session_id = market.session(customer, mitra)
    assert problem(await api.delete("/api/me", headers=customer.headers)) == (409, "INVALID_STATE")

    market.value("SELECT api.end_session(%s, 'customer', %s)", session_id, customer.id)
    assert (await api.delete("/api/me", headers=customer.headers)).status_code == 204

    owed = market.customer()
    searching = market.search(owed)
    market.value("SELECT api.cancel_session(%s, %s)", searching, owed.id)
    assert problem(await api.delete("/api/me", headers=owed.headers)) == (409, "INVALID_STATE")


async def test_a_mitra_is_not_deleted(api: httpx.AsyncClient, market: Market) -> None:
    assert problem(await api.delete("/api/me", headers=market.mitra().headers)) == (403, "FORBIDDEN")
