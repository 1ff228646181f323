"""`Idempotency-Key`: a POST that was sent twice has one effect and one reply."""

import asyncio
import ipaddress
from uuid import uuid4

import httpx
import psycopg
import pytest

from app.http.openapi import document, documented_path
from app.resources import internal as internal_app
from app.resources import public as public_app
from app.serving.apps import create_public_app
from app.settings import ApiSettings
from tests.support.http_apps import problem, serving
from tests.support.market import Market, Person
from tests.support.waiting import eventually

PATH = "/api/payment-requests"


@pytest.fixture
def customer(market: Market) -> Person:
    market.mitra()
    return market.customer()


def keyed(person: Person, key: str = "once") -> dict[str, str]:
    return person.headers | {"Idempotency-Key": key}


async def somebody_waits(market: Market) -> bool:
    return await market.queue_for_locks() > 0


def payments(market: Market) -> int:
    count: int = market.value("SELECT count(*) FROM core.payment_requests")
    return count


async def test_the_same_key_and_body_give_the_same_reply_and_one_effect(
    api: httpx.AsyncClient, market: Market, customer: Person
) -> None:
    body = {"package_id": str(market.package())}
    first = await api.post(PATH, json=body, headers=keyed(customer))
    again = await api.post(PATH, json=body, headers=keyed(customer))
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert payments(market) == 1


async def test_without_a_key_each_request_has_its_effect(
    api: httpx.AsyncClient, market: Market, customer: Person
) -> None:
    body = {"package_id": str(market.package())}
    for _ in range(2):
        assert (await api.post(PATH, json=body, headers=customer.headers)).status_code == 201
    assert payments(market) == 2


async def test_the_same_key_with_another_body_is_refused(
    api: httpx.AsyncClient, market: Market, customer: Person
) -> None:
    await api.post(PATH, json={"package_id": str(market.package())}, headers=keyed(customer))
    other = await api.post(PATH, json={"package_id": str(market.package())}, headers=keyed(customer))
    assert problem(other) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert payments(market) == 1


async def test_the_body_is_compared_before_it_is_validated(
    api: httpx.AsyncClient, market: Market, customer: Person
) -> None:
    await api.post(PATH, json={"package_id": str(market.package())}, headers=keyed(customer))
    other = await api.post(PATH, json={"nonsense": True}, headers=keyed(customer))
    assert problem(other) == (422, "IDEMPOTENCY_KEY_REUSED")


async def test_a_key_belongs_to_its_user_and_path(api: httpx.AsyncClient, market: Market, customer: Person) -> None:
    body = {"package_id": str(market.package())}
    first = await api.post(PATH, json=body, headers=keyed(customer))
    other = await api.post(PATH, json=body, headers=keyed(market.customer()))
    assert first.json()["id"] != other.json()["id"]
    confirmed = await api.post(f"{PATH}/{first.json()['id']}/confirm", headers=keyed(customer))
    assert confirmed.json()["status"] == "confirmed"


async def test_a_refusal_is_kept_and_replayed_though_it_would_succeed_by_now(
    api: httpx.AsyncClient, market: Market
) -> None:
    customer = market.customer()
    body = {"package_id": str(market.package())}
    refused = await api.post(PATH, json=body, headers=keyed(customer))
    assert problem(refused) == (409, "NO_MITRA_AVAILABLE")
    market.mitra()
    again = await api.post(PATH, json=body, headers=keyed(customer))
    assert again.status_code == 409
    assert again.headers["content-type"] == "application/problem+json"
    assert again.json() == refused.json()
    assert (await api.post(PATH, json=body, headers=keyed(customer, "anew"))).status_code == 201


async def test_a_body_that_is_refused_is_kept_and_replayed_too(
    api: httpx.AsyncClient, market: Market, customer: Person
) -> None:
    refused = await api.post(PATH, json={"package": 1}, headers=keyed(customer))
    assert problem(refused) == (422, "VALIDATION_ERROR")
    again = await api.post(PATH, json={"package": 1}, headers=keyed(customer))
    assert again.json() == refused.json()
    assert again.headers["idempotent-replayed"] == "true"


@pytest.mark.usefixtures("long_locks")
async def test_of_two_at_once_one_has_the_effect_and_the_other_is_told_to_wait(
    api: httpx.AsyncClient, market: Market, conn: psycopg.Connection, database_url: str, customer: Person
) -> None:
    body = {"package_id": str(market.package())}
    with psycopg.connect(database_url) as blocker:
        blocker.execute("SELECT FROM core.customers WHERE id = %s FOR NO KEY UPDATE", [customer.id])
        first = asyncio.create_task(api.post(PATH, json=body, headers=keyed(customer)))
        await eventually(lambda: somebody_waits(market), "the first waits for the customer")
        second = await api.post(PATH, json=body, headers=keyed(customer))
        assert problem(second) == (409, "IDEMPOTENCY_IN_PROGRESS")
    assert (await first).status_code == 201
    third = await api.post(PATH, json=body, headers=keyed(customer))
    assert third.json() == (await first).json()
    assert payments(market) == 1


async def test_twenty_at_once_have_one_effect(api: httpx.AsyncClient, market: Market, customer: Person) -> None:
    body = {"package_id": str(market.package())}
    answers = await asyncio.gather(*(api.post(PATH, json=body, headers=keyed(customer)) for _ in range(20)))
    made = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    assert len(made) == 1
    assert payments(market) == 1
    others = {problem(answer) for answer in answers if answer.status_code != 201}
    assert others <= {(409, "IDEMPOTENCY_IN_PROGRESS")}


async def test_no_token_and_a_fault_of_ours_leave_the_key_free(
    api: httpx.AsyncClient, market: Market, conn: psycopg.Connection, customer: Person
) -> None:
    body = {"package_id": str(market.package())}
    nobody = await api.post(PATH, json=body, headers={"Idempotency-Key": "once"})
    assert problem(nobody) == (401, "UNAUTHENTICATED")
    conn.execute("ALTER TABLE core.payment_requests ADD CONSTRAINT broken CHECK (amount < 0) NOT VALID")
    conn.execute("ALTER TABLE core.payment_requests RENAME COLUMN checkout_url TO elsewhere")
    broken = await api.post(PATH, json=body, headers=keyed(customer))
    assert problem(broken) == (500, "INTERNAL_ERROR")
    conn.execute("ALTER TABLE core.payment_requests DROP CONSTRAINT broken")
    conn.execute("ALTER TABLE core.payment_requests RENAME COLUMN elsewhere TO checkout_url")
    assert market.value("SELECT count(*) FROM core.idempotency_keys") == 0
    assert (await api.post(PATH, json=body, headers=keyed(customer))).status_code == 201


async def test_what_can_be_no_key_is_refused(api: httpx.AsyncClient, market: Market, customer: Person) -> None:
    body = {"package_id": str(market.package())}
    for key in ("", "x" * 256, "two words", "ключ"):
        headers = [(name.encode(), value.encode()) for name, value in keyed(customer, key).items()]
        answer = await api.post(PATH, json=body, headers=headers)
        assert problem(answer) == (422, "VALIDATION_ERROR"), key
        assert answer.json()["field"] == "Idempotency-Key", key
    assert payments(market) == 0


async def test_tokens_are_never_kept(api: httpx.AsyncClient, market: Market) -> None:
    answers = [await api.post("/api/auth/customer/anonymous", headers={"Idempotency-Key": "once"}) for _ in range(2)]
    assert answers[0].json()["user"]["id"] != answers[1].json()["user"]["id"]
    assert market.value("SELECT count(*) FROM core.idempotency_keys") == 0


async def test_making_a_mitra_twice_makes_one_and_one_entry_in_the_audit_log(
    internal: httpx.AsyncClient, market: Market
) -> None:
    headers = keyed(market.operator(), str(uuid4())) | {"X-Request-ID": "made-by-hand"}
    body = {"display_name": "Dewi", "phone": "0812 3333 4444"}
    first = await internal.post("/internal/mitras", json=body, headers=headers)
    again = await internal.post("/internal/mitras", json=body, headers=headers)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert market.value("SELECT count(*) FROM core.mitras") == 1
    assert market.value("SELECT count(*) FROM core.audit_log WHERE request_id = 'made-by-hand'") == 1


# Why a POST takes no key; every other POST does.
WITHOUT_A_KEY = {
    "/api/auth/": "tokens are never stored",
    "/internal/auth/": "tokens are never stored",
    "/internal/customers/search": "it reads",
    "/internal/texts/{text_name}/{locale}/preview": "it changes nothing",
    "/internal/chat-sessions/{session_id:uuid}/read-along": "it reads",
    "/internal/me/password": "the old password is needed, and is old afterwards",
    "/api/mitra/status/": "saying it again says the same, and it is said often",
    "/api/chat/{session_id:uuid}/messages": "a message has its client_message_id",
    "/api/chat/{session_id:uuid}/read": "a mark never goes back",
    "/api/me/export": "there is one a day",
    "/internal/replay/{replay_id:uuid}/cancel": "saying it again says the same",
    "/api/webhooks/": "the provider names each webhook",
    "/internal/mirror/reseed": "it creates nothing",
    "/internal/displays": "tokens are never stored",
}


def test_every_post_that_creates_or_charges_takes_a_key() -> None:
    exempt = set()
    for template, resource in {**public_app.ROUTES, **internal_app.ROUTES}.items():
        operation = resource.operations().get("post")
        if operation is None:
            continue
        why = [start for start in WITHOUT_A_KEY if template.startswith(start)]
        exempt.update(why)
        assert operation.idempotent is not bool(why), template
        described = document("Test", {template: resource})["paths"][documented_path(template)]["post"]
        named = [parameter["name"] for parameter in described.get("parameters", [])]
        assert ("Idempotency-Key" in named) is operation.idempotent, template
    assert exempt == set(WITHOUT_A_KEY)


async def test_the_answer_to_an_offer_is_replayed(api: httpx.AsyncClient, market: Market) -> None:
    customer, mitra, rival = market.customer(), market.mitra(), market.mitra()
    (offer,) = market.offer(customer, mitra)
    first = await api.post(f"/api/mitra/offers/{offer}/decline", headers=keyed(mitra))
    again = await api.post(f"/api/mitra/offers/{offer}/decline", headers=keyed(mitra))
    assert first.status_code == again.status_code == 200
    assert again.headers["idempotent-replayed"] == "true"
    other = await api.post(f"/api/mitra/offers/{offer}/decline", headers=keyed(mitra), json={"why": "busy"})
    assert problem(other) == (422, "IDEMPOTENCY_KEY_REUSED")
    stranger = await api.post(f"/api/mitra/offers/{offer}/decline", headers=keyed(rival))
    assert stranger.status_code == 404


async def test_what_came_too_often_is_not_kept(api_settings: ApiSettings, market: Market) -> None:
    market.mitra()
    customer = market.customer()
    # In development nothing is counted on loopback: the client comes from elsewhere, through a proxy.
    proxies = [ipaddress.ip_network("127.0.0.1/32")]
    settings = api_settings.model_copy(update={"trusted_proxies": proxies, "payment_request_rate": "1 per 5 seconds"})
    body = {"package_id": str(market.package())}
    async with serving(create_public_app(settings)) as client:
        client.headers["X-Forwarded-For"] = "198.51.100.7"
        assert (await client.post(PATH, json=body, headers=keyed(customer, "one"))).status_code == 201
        refused = await client.post(PATH, json=body, headers=keyed(customer, "two"))
        assert problem(refused) == (429, "RATE_LIMITED")
        other = await client.post(PATH, json=body, headers=keyed(market.customer(), "two"))
        assert other.status_code == 201
        await asyncio.sleep(int(refused.headers["retry-after"]))
        again = await client.post(PATH, json=body, headers=keyed(customer, "two"))
    assert again.status_code == 201
    assert "idempotent-replayed" not in again.headers
