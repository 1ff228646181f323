"""Paying money back: by hand, through Xendit, and when Xendit does not answer."""

from uuid import UUID, uuid4

import httpx
import pytest

from app.serving.apps import create_internal_app
from app.settings import ApiSettings, InternalSettings
from tests.support.http_apps import problem, serving
from tests.support.market import Market, Person
from tests.support.xendit.account import Notice
from tests.support.xendit.faults import Fault, answers, hangs
from tests.support.xendit.server import WEBHOOK_TOKEN, LocalXendit

REFUND = "POST /refunds"
LIST = "/internal/payment-requests"
WHY = {"reason": "The customer wrote to us."}


@pytest.fixture
def api_settings(api_settings: ApiSettings, xendit: LocalXendit) -> ApiSettings:
    return api_settings.model_copy(update=xendit.settings())


@pytest.fixture
def internal_settings(internal_settings: InternalSettings, xendit: LocalXendit) -> InternalSettings:
    return internal_settings.model_copy(update=xendit.settings())


@pytest.fixture
def operator(market: Market) -> Person:
    return market.operator()


async def tell(api: httpx.AsyncClient, notice: Notice) -> str:
    """Deliver a webhook; what came of it."""
    headers = {"x-callback-token": WEBHOOK_TOKEN, "webhook-id": notice.id}
    taken = await api.post("/api/webhooks/xendit", content=notice.body, headers=headers)
    assert taken.status_code == 200, taken.text
    outcome: str = taken.json()["outcome"]
    return outcome


@pytest.fixture
async def owed(api: httpx.AsyncClient, market: Market, xendit: LocalXendit) -> UUID:
    """A payment through Xendit whose search the customer cancelled: all of it is due."""
    market.mitra()
    customer = market.customer()
    body = {"package_id": str(market.package())}
    made = (await api.post("/api/payment-requests", json=body, headers=customer.headers)).json()
    completed, _ = xendit.account.pay(xendit.account.session_of(made["id"])["payment_session_id"])
    await tell(api, completed)
    paid = (await api.get(f"/api/payment-requests/{made['id']}", headers=customer.headers)).json()
    await api.post(f"/api/chat/{paid['session_id']}/cancel", headers=customer.headers)
    return UUID(made["id"])


def money(market: Market, payment: UUID) -> tuple[str, int, int]:
    """What is still due and what was paid back."""
    row: list[object] = market.value(
        "SELECT jsonb_build_array(refund_status, refund_due_amount, refunded_amount) FROM core.payment_requests"
        " WHERE id = %s",
        payment,
    )
    return str(row[0]), int(str(row[1])), int(str(row[2]))


def path(payment: UUID) -> str:
    return f"{LIST}/{payment}/refund"


async def test_what_is_due_is_asked_of_xendit_and_paid_back_when_its_webhook_says_so(
    api: httpx.AsyncClient,
    internal: httpx.AsyncClient,
    market: Market,
    xendit: LocalXendit,
    operator: Person,
    owed: UUID,
) -> None:
    assert money(market, owed) == ("due", 50_000, 0)
    asked = await internal.post(path(owed), json={"reason": "cancelled"}, headers=operator.headers)
    assert asked.status_code == 200, asked.text
    payment = asked.json()
    (refund,) = xendit.account.refunds.values()
    assert (payment["refund_status"], payment["refund"]["status"]) == ("requested", "requested")
    assert (payment["refund"]["provider_ref"], payment["refund"]["reason"]) == (refund["id"], "cancelled")
    assert (refund["reference_id"], refund["amount"]) == (payment["refund"]["id"], 50_000)
    assert xendit.calls[-1] == (REFUND, payment["refund"]["id"])

    settled = xendit.account.settle_refund(refund["id"])
    assert [await tell(api, settled) for _ in range(2)] == ["refunded", "refunded"]
    assert money(market, owed) == ("refunded", 0, 50_000)
    assert market.value("SELECT count(*) FROM core.customer_transactions WHERE type = 'refund'") == 1
    told = await internal.get(f"{LIST}/{owed}", headers=operator.headers)
    assert told.json()["refund"]["status"] == "succeeded"
    assert problem(await internal.post(path(owed), json=WHY, headers=operator.headers)) == (409, "INVALID_STATE")
    market.assert_all_is_well()


async def test_a_refund_that_failed_is_due_again_and_asked_for_anew(
    api: httpx.AsyncClient,
    internal: httpx.AsyncClient,
    market: Market,
    xendit: LocalXendit,
    operator: Person,
    owed: UUID,
) -> None:
    first = (await internal.post(path(owed), json=WHY, headers=operator.headers)).json()["refund"]
    failed = xendit.account.settle_refund(first["provider_ref"], failure_code="INSUFFICIENT_BALANCE")
    assert await tell(api, failed) == "refund_failed"
    assert money(market, owed) == ("due", 50_000, 0)
    known = (await internal.get(f"{LIST}/{owed}", headers=operator.headers)).json()["refund"]
    assert (known["status"], known["failure"]) == ("failed", "INSUFFICIENT_BALANCE")

    second = (await internal.post(path(owed), json=WHY, headers=operator.headers)).json()["refund"]
    assert second["id"] != first["id"]
    assert await tell(api, xendit.account.settle_refund(second["provider_ref"])) == "refunded"
    assert await tell(api, failed.telling()) == "unchanged"  # the old news, once more and under another name
    assert money(market, owed) == ("refunded", 0, 50_000)
    market.assert_all_is_well()


async def test_a_webhook_that_overtakes_xendits_answer_counts(
    api: httpx.AsyncClient,
    internal: httpx.AsyncClient,
    market: Market,
    xendit: LocalXendit,
    operator: Person,
    owed: UUID,
) -> None:
    xendit.faults.plan(REFUND, *[answers(500, is_heard=True)] * 3)
    away = await internal.post(path(owed), json=WHY, headers=operator.headers)
    assert problem(away) == (502, "PAYMENT_PROVIDER_UNAVAILABLE")
    (refund,) = xendit.account.refunds.values()
    assert await tell(api, xendit.account.settle_refund(refund["id"])) == "refunded"
    assert money(market, owed) == ("refunded", 0, 50_000)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("fault", [answers(500, is_heard=True), hangs(is_heard=True)], ids=["500", "hangs"])
async def test_when_xendit_does_not_answer_the_next_request_pays_once(
    api: httpx.AsyncClient,
    internal: httpx.AsyncClient,
    market: Market,
    xendit: LocalXendit,
    operator: Person,
    owed: UUID,
    fault: Fault,
) -> None:
    xendit.faults.always[REFUND] = fault
    away = await internal.post(path(owed), json=WHY, headers=operator.headers)
    assert problem(away) == (502, "PAYMENT_PROVIDER_UNAVAILABLE")
    assert money(market, owed) == ("due", 50_000, 0)
    xendit.faults.always.clear()
    asked = await internal.post(path(owed), json=WHY, headers=operator.headers)
    assert asked.status_code == 200
    assert [*xendit.account.refunds] == [asked.json()["refund"]["provider_ref"]]
    assert {key for operation, key in xendit.calls if operation == REFUND} == {asked.json()["refund"]["id"]}
    assert await tell(api, xendit.account.settle_refund(asked.json()["refund"]["provider_ref"])) == "refunded"
    assert money(market, owed) == ("refunded", 0, 50_000)
    market.assert_all_is_well()


async def test_what_xendit_refuses_is_due_again_with_its_reason(
    internal: httpx.AsyncClient, market: Market, xendit: LocalXendit, operator: Person, owed: UUID
) -> None:
    xendit.faults.plan(REFUND, answers(400, body=b'{"error_code": "CHANNEL_WITHOUT_REFUNDS"}'))
    refused = await internal.post(path(owed), json=WHY, headers=operator.headers)
    assert problem(refused) == (502, "PAYMENT_PROVIDER_UNAVAILABLE")
    assert "CHANNEL_WITHOUT_REFUNDS" in refused.json()["detail"]
    assert money(market, owed) == ("due", 50_000, 0)
    known = (await internal.get(f"{LIST}/{owed}", headers=operator.headers)).json()["refund"]
    assert (known["status"], known["failure"]) == ("failed", "400 CHANNEL_WITHOUT_REFUNDS")


async def test_a_refund_that_xendit_settles_at_once_is_settled(
    internal: httpx.AsyncClient, market: Market, xendit: LocalXendit, operator: Person, owed: UUID
) -> None:
    xendit.faults.plan(REFUND, answers(200, body=b'{"id": "rfd-1", "status": "SUCCEEDED"}'))
    asked = await internal.post(path(owed), json=WHY, headers=operator.headers)
    assert asked.json()["refund_status"] == "refunded"
    assert money(market, owed) == ("refunded", 0, 50_000)


async def test_asking_twice_while_it_is_under_way_asks_xendit_once(
    internal: httpx.AsyncClient, xendit: LocalXendit, operator: Person, owed: UUID
) -> None:
    first, again = [await internal.post(path(owed), json=WHY, headers=operator.headers) for _ in range(2)]
    assert first.json() == again.json()
    assert xendit.count(REFUND) == 1
    headers = operator.headers | {"Idempotency-Key": "once"}
    keyed, replayed = [await internal.post(path(owed), json=WHY, headers=headers) for _ in range(2)]
    assert replayed.headers["idempotent-replayed"] == "true"
    assert keyed.json() == replayed.json()
    assert xendit.count(REFUND) == 1


async def test_an_absent_xendit_leaves_the_key_free(
    internal: httpx.AsyncClient, xendit: LocalXendit, operator: Person, owed: UUID
) -> None:
    headers = operator.headers | {"Idempotency-Key": "once"}
    xendit.faults.plan(REFUND, *[answers(503)] * 3)
    away = await internal.post(path(owed), json=WHY, headers=headers)
    assert problem(away) == (502, "PAYMENT_PROVIDER_UNAVAILABLE")
    assert (await internal.post(path(owed), json=WHY, headers=headers)).status_code == 200


async def test_a_refund_is_in_the_audit_log_with_its_request(
    internal: httpx.AsyncClient, market: Market, operator: Person, owed: UUID
) -> None:
    headers = operator.headers | {"X-Request-ID": "paid-back-by-hand"}
    await internal.post(path(owed), json=WHY, headers=headers)
    found = market.value("SELECT count(*) FROM core.audit_log WHERE request_id = 'paid-back-by-hand'")
    assert found == 1


async def test_a_payment_by_hand_is_paid_back_by_hand(
    internal: httpx.AsyncClient, market: Market, xendit: LocalXendit, operator: Person
) -> None:
    running = market.session(market.customer(), market.mitra())
    payment = market.value("SELECT id FROM core.payment_requests WHERE session_id = %s", running)
    part = await internal.post(path(payment), json={"amount": 20_000, "reason": "sorry"}, headers=operator.headers)
    assert part.status_code == 200
    assert (part.json()["refund_status"], part.json()["refunded_amount"]) == ("refunded", 20_000)
    too_much = await internal.post(path(payment), json=WHY | {"amount": 30_001}, headers=operator.headers)
    assert problem(too_much) == (422, "VALIDATION_ERROR")
    unnamed = await internal.post(path(payment), json=WHY, headers=operator.headers)
    assert problem(unnamed) == (422, "VALIDATION_ERROR"), "a second click does not pay the rest back too"
    rest = await internal.post(path(payment), json=WHY | {"amount": 30_000}, headers=operator.headers)
    assert rest.json()["refunded_amount"] == 50_000
    assert xendit.calls == []
    market.assert_all_is_well()


async def test_a_payment_through_xendit_is_not_paid_back_while_xendit_is_off(
    internal_settings: InternalSettings, market: Market, operator: Person, owed: UUID
) -> None:
    settings = internal_settings.model_copy(update={"xendit_enabled": False})
    async with serving(create_internal_app(settings)) as internal:
        answer = await internal.post(path(owed), json=WHY, headers=operator.headers)
    assert problem(answer) == (502, "PAYMENT_PROVIDER_UNAVAILABLE")
    assert money(market, owed) == ("due", 50_000, 0)
    assert market.value("SELECT count(*) FROM core.refunds") == 0


async def test_the_queue_of_refunds_is_a_list_in_pages(
    internal: httpx.AsyncClient, market: Market, operator: Person, owed: UUID
) -> None:
    others = [market.payment(market.customer()) for _ in range(3)]
    due = await internal.get(LIST, params={"refund_status": "due"}, headers=operator.headers)
    assert [item["id"] for item in due.json()["items"]] == [str(owed)]
    pending = await internal.get(LIST, params={"status": "pending", "limit": 2}, headers=operator.headers)
    rest = await internal.get(
        LIST,
        params={"status": "pending", "limit": 2, "cursor": pending.json()["next_cursor"]},
        headers=operator.headers,
    )
    listed = [item["id"] for page in (pending, rest) for item in page.json()["items"]]
    assert listed == [str(payment) for payment in reversed(others)]
    assert rest.json()["next_cursor"] is None
    (one,) = (await internal.get(LIST, params={"limit": 1}, headers=operator.headers)).json()["items"]
    alone = (await internal.get(f"{LIST}/{one['id']}", headers=operator.headers)).json()
    assert one == alone | {"stuck_why": None, "stuck_since": None}


async def test_an_operator_sees_every_field_that_the_database_gives(
    internal: httpx.AsyncClient, market: Market, operator: Person, owed: UUID
) -> None:
    seen = (await internal.post(path(owed), json=WHY, headers=operator.headers)).json()
    given = market.value("SELECT api.find_payment_request(%s)", owed)
    assert seen.keys() == given.keys()
    assert seen["refund"].keys() == given["refund"].keys()


async def test_what_is_no_filter_is_refused(internal: httpx.AsyncClient, operator: Person) -> None:
    for params, status in (
        ({"status": "paid"}, 422), ({"refund_status": "DUE"}, 422), ({"limit": "0"}, 422), ({"cursor": "x"}, 422),
        ({"cursor": str(uuid4())}, 422), ({"who": "me"}, 422),
    ):  # fmt: skip
        answer = await internal.get(LIST, params=params, headers=operator.headers)
        assert problem(answer)[0] == status, params


async def test_a_wrong_body_is_refused_and_asks_nobody(
    internal: httpx.AsyncClient, market: Market, xendit: LocalXendit, operator: Person, owed: UUID
) -> None:
    amounts: list[object] = [0, -1, 1.5, "1", 2**63, 50_001]
    wrong: list[object] = [
        *(WHY | {"amount": amount} for amount in amounts), WHY | {"sum": 1}, [],
        {}, {"reason": None}, {"reason": ""}, {"reason": " \u200b"}, {"reason": "x" * 501}, {"reason": "a\x00b"},
    ]  # fmt: skip
    for body in wrong:
        answer = await internal.post(path(owed), json=body, headers=operator.headers)
        assert problem(answer) == (422, "VALIDATION_ERROR"), body
    assert xendit.count(REFUND) == 0
    assert money(market, owed) == ("due", 50_000, 0)


async def test_money_needs_permissions_of_its_own(internal: httpx.AsyncClient, market: Market, owed: UUID) -> None:
    reader = market.operator(market.role('{"payments": ["read"]}'))
    nobody = market.operator(market.role('{"mitra": ["read"]}'))
    for address in (LIST, f"{LIST}/{owed}"):
        assert (await internal.get(address, headers=reader.headers)).status_code == 200
        assert problem(await internal.get(address, headers=nobody.headers)) == (403, "FORBIDDEN")
    for who in (reader, nobody):
        assert problem(await internal.post(path(owed), json=WHY, headers=who.headers)) == (403, "FORBIDDEN")
    assert money(market, owed) == ("due", 50_000, 0)


async def test_an_unknown_payment_request_is_not_found(internal: httpx.AsyncClient, operator: Person) -> None:
    for answer in (
        await internal.get(f"{LIST}/{uuid4()}", headers=operator.headers),
        await internal.post(path(uuid4()), json=WHY, headers=operator.headers),
    ):
        assert problem(answer) == (404, "NOT_FOUND")


async def test_a_refund_whose_answer_was_lost_is_not_paid_again_by_the_same_request(
    api: httpx.AsyncClient,
    internal: httpx.AsyncClient,
    market: Market,
    xendit: LocalXendit,
    operator: Person,
    owed: UUID,
) -> None:
    headers = operator.headers | {"Idempotency-Key": "one-click"}
    xendit.faults.plan(REFUND, *[answers(500, is_heard=True)] * 3)
    assert (await internal.post(path(owed), json=WHY, headers=headers)).status_code == 502
    [heard] = xendit.account.refunds
    assert await tell(api, xendit.account.settle_refund(heard)) == "refunded"
    again = await internal.post(path(owed), json=WHY, headers=headers)
    assert (again.status_code, again.json()["refund"]["status"]) == (200, "succeeded")
    assert len(xendit.account.refunds) == 1
    assert money(market, owed) == ("refunded", 0, 50_000)
