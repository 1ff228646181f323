"""Asking for money through Xendit: the link, the provider's faults, and requests that are sent again."""

import asyncio
import json
from uuid import UUID, uuid4

import httpx
import pytest

from app.serving.apps import create_public_app
from app.serving.server import UVICORN
from app.settings import ApiSettings
from app.wire.bounds import Bounds
from app.wire.http_protocol import HttpProtocol
from tests.support.http_apps import problem, serving
from tests.support.market import Market, Person
from tests.support.waiting import PATIENCE_SECONDS, eventually
from tests.support.xendit.faults import Fault, answers, hangs, held
from tests.support.xendit.server import LocalXendit

PATH = "/api/payment-requests"
CREATE = "POST /sessions"


@pytest.fixture
def api_settings(api_settings: ApiSettings, xendit: LocalXendit) -> ApiSettings:
    return api_settings.model_copy(update=xendit.settings())


@pytest.fixture
def customer(market: Market) -> Person:
    market.mitra()
    return market.customer()


def states(market: Market) -> list[str]:
    """Every payment request: its status and why it came to nothing."""
    found: str | None = market.value(
        "SELECT string_agg(concat_ws(' ', status, failure_cause), ',' ORDER BY created_at) FROM core.payment_requests"
    )
    return found.split(",") if found else []


def pair_before_payment(market: Market) -> None:
    market.set("pairing_before_payment", True)


async def test_a_payment_request_has_a_link_at_xendit(
    api: httpx.AsyncClient, market: Market, xendit: LocalXendit, customer: Person
) -> None:
    made = await api.post(PATH, json={"package_id": str(market.package())}, headers=customer.headers)
    assert made.status_code == 201, made.text
    payment = made.json()
    session = xendit.account.session_of(payment["id"])
    assert (payment["provider"], payment["status"], payment["session_id"]) == ("xendit", "pending", None)
    assert payment["checkout_url"] == session["payment_link_url"]
    assert (session["amount"], session["reference_id"]) == (50_000, payment["id"])
    known = market.value("SELECT provider_ref FROM core.payment_requests WHERE id = %s", UUID(payment["id"]))
    assert known == session["payment_session_id"]
    assert (await api.get(f"{PATH}/{payment['id']}", headers=customer.headers)).json() == payment


async def test_an_extension_has_one_too(
    api: httpx.AsyncClient, market: Market, xendit: LocalXendit, customer: Person
) -> None:
    running = market.session(customer, market.mitra())
    package = market.package(minutes=15, price=20_000, is_extension=True)
    body = {"package_id": str(package), "is_extension": True, "session_id": str(running)}
    made = await api.post(PATH, json=body, headers=customer.headers)
    assert made.status_code == 201
    assert xendit.account.session_of(made.json()["id"])["amount"] == 20_000


async def test_it_is_not_confirmed_by_hand(api: httpx.AsyncClient, market: Market, customer: Person) -> None:
    made = await api.post(PATH, json={"package_id": str(market.package())}, headers=customer.headers)
    refused = await api.post(f"{PATH}/{made.json()['id']}/confirm", headers=customer.headers)
    assert problem(refused) == (404, "NOT_FOUND")
    assert states(market) == ["pending"]


async def test_what_our_rules_refuse_is_never_asked_of_xendit(
    api: httpx.AsyncClient, market: Market, xendit: LocalXendit
) -> None:
    customer, package = market.customer(), str(market.package())
    nobody = await api.post(PATH, json={"package_id": package}, headers=customer.headers)
    assert problem(nobody) == (409, "NO_MITRA_AVAILABLE")
    market.mitra()
    market.search(customer)
    open_already = await api.post(PATH, json={"package_id": package}, headers=customer.headers)
    assert problem(open_already) == (409, "SESSION_ALREADY_OPEN")
    assert xendit.calls == []


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    "fault",
    [answers(503), answers(500, is_heard=True), answers(400), answers(401), answers(200, body=b"?"), hangs()],
    ids=lambda fault: "hangs" if fault.hangs else str(fault.status),
)
async def test_without_xendit_nothing_is_begun(
    api: httpx.AsyncClient, market: Market, xendit: LocalXendit, customer: Person, fault: Fault
) -> None:
    pair_before_payment(market)
    xendit.faults.always[CREATE] = fault
    body = {"package_id": str(market.package())}
    refused = await api.post(PATH, json=body, headers=customer.headers)
    assert problem(refused) == (502, "PAYMENT_PROVIDER_UNAVAILABLE")
    assert states(market) == ["cancelled provider_unavailable"]
    assert market.value("SELECT count(*) FROM core.chat_sessions") == 0
    xendit.faults.always.clear()
    assert (await api.post(PATH, json=body, headers=customer.headers)).status_code == 201


@pytest.mark.usefixtures("hasty")
async def test_a_link_lost_on_its_way_is_made_once_and_found_by_its_key(
    api: httpx.AsyncClient, market: Market, xendit: LocalXendit, customer: Person
) -> None:
    xendit.faults.plan(CREATE, hangs(is_heard=True), answers(502, is_heard=True))
    made = await api.post(PATH, json={"package_id": str(market.package())}, headers=customer.headers)
    assert made.status_code == 201
    assert xendit.calls == [(CREATE, made.json()["id"])] * 3
    assert len(xendit.account.sessions) == 1


async def test_the_search_begins_with_the_link_when_pairing_comes_before_payment(
    api: httpx.AsyncClient, market: Market, customer: Person
) -> None:
    pair_before_payment(market)
    made = await api.post(PATH, json={"package_id": str(market.package())}, headers=customer.headers)
    session = await api.get(f"/api/chat/{made.json()['session_id']}/info", headers=customer.headers)
    assert session.json()["status"] == "searching"


async def test_a_session_opened_while_xendit_was_asked_is_not_joined_by_another(
    api: httpx.AsyncClient, market: Market, xendit: LocalXendit, customer: Person
) -> None:
    pair_before_payment(market)
    gate = asyncio.Event()
    xendit.faults.always[CREATE] = held(gate)
    asking = asyncio.create_task(api.post(PATH, json={"package_id": str(market.package())}, headers=customer.headers))
    await eventually(lambda: asked(xendit), "Xendit is asked")
    market.search(customer)
    gate.set()
    assert problem(await asking) == (409, "SESSION_ALREADY_OPEN")
    assert states(market) == ["cancelled provider_unavailable", "confirmed"]


async def asked(xendit: LocalXendit) -> bool:
    return bool(xendit.calls)


async def test_no_transaction_is_open_while_xendit_is_asked(
    api: httpx.AsyncClient, market: Market, xendit: LocalXendit, customer: Person
) -> None:
    gate = asyncio.Event()
    xendit.faults.always[CREATE] = held(gate)
    headers = customer.headers | {"Idempotency-Key": "once"}
    asking = asyncio.create_task(api.post(PATH, json={"package_id": str(market.package())}, headers=headers))
    await eventually(lambda: asked(xendit), "Xendit is asked")
    busy = market.value(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND state LIKE 'idle in transaction%%'"
    )
    assert busy == 0
    gate.set()
    assert (await asking).status_code == 201


async def test_the_same_key_gives_the_same_link(
    api: httpx.AsyncClient, market: Market, xendit: LocalXendit, customer: Person
) -> None:
    headers = customer.headers | {"Idempotency-Key": "once"}
    body = {"package_id": str(market.package())}
    first, again = [await api.post(PATH, json=body, headers=headers) for _ in range(2)]
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert xendit.count(CREATE) == 1
    other = await api.post(PATH, json=body | {"is_extension": False}, headers=headers)
    assert problem(other) == (422, "IDEMPOTENCY_KEY_REUSED")


async def test_while_xendit_is_asked_the_same_key_is_in_progress(
    api: httpx.AsyncClient, market: Market, xendit: LocalXendit, customer: Person
) -> None:
    gate = asyncio.Event()
    xendit.faults.always[CREATE] = held(gate)
    headers = customer.headers | {"Idempotency-Key": "once"}
    body = {"package_id": str(market.package())}
    first = asyncio.create_task(api.post(PATH, json=body, headers=headers))
    await eventually(lambda: asked(xendit), "Xendit is asked")
    second = await api.post(PATH, json=body, headers=headers)
    assert problem(second) == (409, "IDEMPOTENCY_IN_PROGRESS")
    gate.set()
    made = await first
    assert made.status_code == 201
    assert (await api.post(PATH, json=body, headers=headers)).json() == made.json()
    assert states(market) == ["pending"]


async def test_of_twenty_at_once_with_one_key_one_asks_xendit(
    api: httpx.AsyncClient, market: Market, xendit: LocalXendit, customer: Person
) -> None:
    headers = customer.headers | {"Idempotency-Key": "once"}
    body = {"package_id": str(market.package())}
    replies = await asyncio.gather(*(api.post(PATH, json=body, headers=headers) for _ in range(20)))
    assert len({reply.json()["id"] for reply in replies if reply.status_code == 201}) == 1
    assert {problem(reply) for reply in replies if reply.status_code != 201} <= {(409, "IDEMPOTENCY_IN_PROGRESS")}
    assert xendit.count(CREATE) == 1


async def test_a_refusal_is_kept_and_an_absent_provider_leaves_the_key_free(
    api: httpx.AsyncClient, market: Market, xendit: LocalXendit, customer: Person
) -> None:
    unknown = {"package_id": str(uuid4())}
    headers = customer.headers | {"Idempotency-Key": "refused"}
    refused, again = [await api.post(PATH, json=unknown, headers=headers) for _ in range(2)]
    assert problem(refused) == (404, "NOT_FOUND")
    assert again.json() == refused.json()
    headers = customer.headers | {"Idempotency-Key": "away"}
    body = {"package_id": str(market.package())}
    xendit.faults.plan(CREATE, *[answers(503)] * 3)
    away = await api.post(PATH, json=body, headers=headers)
    assert problem(away) == (502, "PAYMENT_PROVIDER_UNAVAILABLE")
    assert (await api.post(PATH, json=body, headers=headers)).status_code == 201
    assert states(market) == ["cancelled provider_unavailable", "pending"]


@pytest.mark.usefixtures("hasty")
async def test_a_request_that_a_shutdown_cuts_off_gives_up_its_link_and_its_key(
    api: httpx.AsyncClient, api_settings: ApiSettings, market: Market, xendit: LocalXendit, customer: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(HttpProtocol, "bounds", Bounds(cut_seconds=0.5))
    monkeypatch.setitem(UVICORN, "timeout_graceful_shutdown", PATIENCE_SECONDS)
    xendit.faults.always[CREATE] = hangs()
    headers = customer.headers | {"Idempotency-Key": "cut"}
    body = {"package_id": str(market.package())}
    async with httpx.AsyncClient() as client:
        async with serving(create_public_app(api_settings)) as stopping:
            cut = asyncio.create_task(client.post(f"{stopping.base_url}{PATH}", json=body, headers=headers))
            await eventually(lambda: asked(xendit), "Xendit is asked")
        assert problem(await cut) == (503, "SERVICE_UNAVAILABLE")
    assert states(market) == ["cancelled provider_unavailable"]
    xendit.faults.always.clear()
    assert (await api.post(PATH, json=body, headers=headers)).status_code == 201


async def test_a_key_whose_request_died_is_free_again_when_its_lease_is_over(
    api: httpx.AsyncClient, market: Market, customer: Person
) -> None:
    body = json.dumps({"package_id": str(market.package())})
    headers = customer.headers | {"Idempotency-Key": "once"}
    # As a process leaves it that is killed while it waits for Xendit.
    market.value(
        "SELECT FROM api.lease_idempotency_key(%s, 'POST', %s, 'once', sha256(%s::bytea))",
        f"customer:{customer.id}", PATH, body.encode(),
    )  # fmt: skip
    assert problem(await api.post(PATH, content=body, headers=headers)) == (409, "IDEMPOTENCY_IN_PROGRESS")
    market.value("UPDATE core.idempotency_leases SET leased_until = clock_timestamp() RETURNING 1")
    assert (await api.post(PATH, content=body, headers=headers)).status_code == 201
