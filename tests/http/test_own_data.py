"""Everything about oneself, for nobody else, once a day, for a day."""

import httpx

from tests.support.http_apps import problem
from tests.support.market import Market, Person


def make(market: Market, person: Person) -> None:
    """What the listener does."""
    market.value(
        "SELECT api.make_data_export(id, 100000) FROM core.data_exports WHERE user_type = %s AND user_id = %s",
        person.type,
        person.id,
    )


async def test_both_parties_get_what_is_theirs_and_the_other_one_has_no_name(
    api: httpx.AsyncClient, internal: httpx.AsyncClient, market: Market
) -> None:
    customer, mitra = market.customer(), market.mitra()
    session = market.session(customer, mitra)
    market.value("UPDATE core.customers SET display_name = 'Ayu' WHERE id = %s RETURNING id", customer.id)
    market.value("UPDATE core.mitras SET display_name = 'Mitra Sebelas' WHERE id = %s RETURNING id", mitra.id)
    for person, text in ((customer, "halo"), (mitra, "halo juga")):
        sent = {"client_message_id": text, "body": text}
        await api.post(f"/api/chat/{session}/messages", json=sent, headers=person.headers)

    for person, other in ((customer, mitra), (mitra, customer)):
        assert problem(await api.get("/api/me/export", headers=person.headers)) == (404, "NOT_FOUND")
        asked = await api.post("/api/me/export", headers=person.headers)
        assert (asked.status_code, asked.json()["state"], asked.json()["ready_at"]) == (202, "pending", None)
        again = await api.post("/api/me/export", headers=person.headers)
        assert (again.status_code, again.json()) == (202, asked.json())
        waiting = (await api.get("/api/me/export", headers=person.headers)).json()
        assert (waiting["state"], waiting["data"]) == ("pending", None)

        make(market, person)
        ready = await api.get("/api/me/export", headers=person.headers)
        assert (ready.status_code, ready.json()["state"]) == (200, "ready")
        said = [(line["sender_type"], line["body"]) for line in ready.json()["data"]["chat_messages"]]
        assert said == [("customer", "halo"), ("mitra", "halo juga")]
        assert str(other.id) not in ready.text
        assert {"customer": "Mitra Sebelas", "mitra": "Ayu"}[person.type] not in ready.text
        assert "hash" not in ready.text

    operator = market.operator()
    seen = await internal.get(f"/internal/customers/{customer.id}", headers=operator.headers)
    assert seen.json()["data_export"]["state"] == "ready"
    assert "halo juga" not in seen.text


async def test_an_export_is_for_its_owner_with_a_token_alone(api: httpx.AsyncClient, market: Market) -> None:
    customer, other = market.customer(), market.customer()
    await api.post("/api/me/export", headers=customer.headers)
    make(market, customer)
    assert problem(await api.get("/api/me/export", headers=other.headers)) == (404, "NOT_FOUND")
    for method in ("GET", "POST"):
        assert problem(await api.request(method, "/api/me/export")) == (401, "UNAUTHENTICATED")
    assert problem(await api.post("/api/me/export", headers=market.operator().headers)) == (403, "FORBIDDEN")


async def test_after_a_day_it_is_over_and_another_may_be_asked_for(api: httpx.AsyncClient, market: Market) -> None:
    customer = market.customer()
    first = (await api.post("/api/me/export", headers=customer.headers)).json()
    make(market, customer)
    market.value(
        "UPDATE core.data_exports SET requested_at = requested_at - interval '1 day',"
        " ready_at = ready_at - interval '1 day' WHERE user_id = %s RETURNING id",
        customer.id,
    )
    over = (await api.get("/api/me/export", headers=customer.headers)).json()
    assert (over["state"], over["data"]) == ("expired", None)
    assert (await api.post("/api/me/export", headers=customer.headers)).json()["id"] != first["id"]


async def test_who_left_or_was_deactivated_asks_for_nothing(api: httpx.AsyncClient, market: Market) -> None:
    customer, mitra = market.customer(), market.mitra()
    await api.post("/api/me/export", headers=customer.headers)
    make(market, customer)
    assert (await api.delete("/api/me", headers=customer.headers)).status_code == 204
    assert problem(await api.get("/api/me/export", headers=customer.headers)) == (404, "NOT_FOUND")
    assert problem(await api.post("/api/me/export", headers=customer.headers)) == (404, "NOT_FOUND")
    market.deactivate(mitra)
    assert problem(await api.post("/api/me/export", headers=mitra.headers)) == (403, "MITRA_DEACTIVATED")
