"""What Xendit tells: whose word is believed, what is stored, and that nothing counts twice."""

import asyncio
import hashlib
import random
from datetime import UTC, datetime, timedelta

import httpx

from app.serving.apps import create_public_app
from app.settings import ApiSettings
from tests.http.webhooks.sales import PATH, READ, Sale, receipts, sell
from tests.support.http_apps import problem, serving
from tests.support.market import Market
from tests.support.xendit.account import Notice
from tests.support.xendit.sender import Sender, shuffled
from tests.support.xendit.server import WEBHOOK_TOKEN, LocalXendit

WRONG_TOKENS = {
    "missing": [],
    "empty": [("x-callback-token", "")],
    "short": [("x-callback-token", WEBHOOK_TOKEN[:-1])],
    "one off": [("x-callback-token", WEBHOOK_TOKEN[:-1] + "X")],
    "twice in one": [("x-callback-token", f"{WEBHOOK_TOKEN} {WEBHOOK_TOKEN}")],
    "a list": [("x-callback-token", f"{WEBHOOK_TOKEN}, {WEBHOOK_TOKEN}")],
    "doubled": [("x-callback-token", WEBHOOK_TOKEN), ("x-callback-token", WEBHOOK_TOKEN)],
    "and an empty one": [("x-callback-token", WEBHOOK_TOKEN), ("x-callback-token", "")],
    "non-ASCII": [("x-callback-token", "tökén-ñøn-åscii-ünd-löng")],
    "elsewhere": [("authorization", f"Bearer {WEBHOOK_TOKEN}")],
}


async def test_without_the_token_nothing_is_stored(
    api: httpx.AsyncClient, market: Market, sale: Sale, xendit: LocalXendit
) -> None:
    told, _ = sale.paid()
    for wrong, headers in WRONG_TOKENS.items():
        raw = [(name.encode(), value.encode()) for name, value in headers]
        assert problem(await api.post(PATH, content=told.body, headers=raw)) == (401, "UNAUTHENTICATED"), wrong
    assert receipts(market) == []
    assert sale.status == "pending"
    assert xendit.count(READ) == 0


async def test_the_token_is_asked_for_before_the_body_is_read(api: httpx.AsyncClient) -> None:
    for body in (b"x" * 1_000_000, b"no json"):
        assert problem(await api.post(PATH, content=body)) == (401, "UNAUTHENTICATED")


async def test_while_xendit_is_off_there_is_no_such_address(api_settings: ApiSettings, market: Market) -> None:
    settings = api_settings.model_copy(update={"xendit_enabled": False})
    async with serving(create_public_app(settings)) as client:
        answer = await client.post(PATH, json={"event": "x"}, headers={"x-callback-token": WEBHOOK_TOKEN})
    assert problem(answer) == (404, "NOT_FOUND")
    assert receipts(market) == []


async def test_money_that_arrived_confirms_the_request_and_starts_the_search(
    api: httpx.AsyncClient, market: Market, xendit: LocalXendit, sale: Sale, sender: Sender
) -> None:
    completed, captured = sale.paid()
    taken = await sender.send(completed)
    assert (taken.status_code, taken.json()["outcome"]) == (200, "confirmed")
    payment = (await api.get(f"/api/payment-requests/{sale.id}", headers=sale.customer.headers)).json()
    assert payment["status"] == "confirmed"
    session = await api.get(f"/api/chat/{payment['session_id']}/info", headers=sale.customer.headers)
    assert session.json()["status"] == "searching"
    assert (await sender.send(captured)).json()["outcome"] == "unchanged"
    assert (sale.sessions, xendit.count(READ)) == (1, 1)
    assert [receipt["key"] for receipt in receipts(market)] == [completed.id, captured.id]
    money = market.value("SELECT provider_payment_ref FROM core.payment_requests WHERE id = %s", sale.id)
    assert money == xendit.account.sessions[sale.link]["payment_request_id"]
    market.assert_all_is_well()


async def test_the_capture_alone_is_enough(market: Market, sale: Sale, sender: Sender) -> None:
    _, captured = sale.paid()
    assert (await sender.send(captured)).json()["outcome"] == "confirmed"
    assert (sale.status, sale.sessions) == ("confirmed", 1)


async def test_a_repeat_is_200_and_changes_nothing(
    market: Market, xendit: LocalXendit, sale: Sale, sender: Sender
) -> None:
    completed, _ = sale.paid()
    first, again = [await sender.send(completed) for _ in range(2)]
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json() | {"is_repeat": True}
    assert len(receipts(market)) == 1
    assert xendit.count(READ) == 1


async def test_without_its_header_a_webhook_is_known_by_its_content(market: Market, sale: Sale, sender: Sender) -> None:
    completed, captured = sale.paid()
    for notice in (completed, completed, captured):
        assert (await sender.send(notice, names_itself=False)).status_code == 200
    keys = [receipt["key"] for receipt in receipts(market)]
    assert keys == [hashlib.sha256(notice.body).hexdigest() for notice in (completed, captured)]


async def test_an_endless_header_is_no_name(api: httpx.AsyncClient, market: Market) -> None:
    headers = {"x-callback-token": WEBHOOK_TOKEN, "webhook-id": "x" * 7_900}
    assert (await api.post(PATH, json={"event": "x"}, headers=headers)).status_code == 200
    assert [len(receipt["key"]) for receipt in receipts(market)] == [64]
    headers["webhook-id"] = "x" * 8_000
    assert (await api.post(PATH, json={"event": "y"}, headers=headers)).status_code == 431
    assert [len(receipt["key"]) for receipt in receipts(market)] == [64]


async def test_twenty_at_once_have_one_effect(market: Market, sale: Sale, sender: Sender) -> None:
    completed, captured = sale.paid()
    told = shuffled([completed, captured] * 10, copies=1, rng=random.Random(1))
    taken = await asyncio.gather(*(sender.send(notice) for notice in told))
    assert {answer.status_code for answer in taken} == {200}
    assert len(receipts(market)) == 2
    assert (sale.status, sale.sessions) == ("confirmed", 1)
    market.assert_all_is_well()


async def test_whatever_the_order_the_money_counts_once(
    api: httpx.AsyncClient, market: Market, xendit: LocalXendit, sender: Sender
) -> None:
    """Failures, captures, completions and an expiry that was on its way, each up to three times."""
    market.mitra()
    sales = [await sell(api, market, xendit) for _ in range(8)]
    for seed, sale in enumerate(sales):
        rng = random.Random(seed)
        session = xendit.account.sessions[sale.link]
        told = [xendit.account.fail(sale.link), *sale.paid()]
        told.append(Notice.of("payment_session.expired", session | {"status": "EXPIRED"}))
        for notice in shuffled(told, copies=3, rng=rng):
            assert (await sender.send(notice)).status_code == 200
        assert (sale.status, sale.sessions) == ("confirmed", 1), seed
    market.assert_all_is_well()


async def test_a_failed_payment_leaves_the_link_open(
    market: Market, xendit: LocalXendit, sale: Sale, sender: Sender
) -> None:
    assert (await sender.send(xendit.account.fail(sale.link))).json()["outcome"] == "noted"
    assert sale.status == "pending"
    assert xendit.count(READ) == 0


async def test_a_link_that_xendit_closed_expires(
    market: Market, xendit: LocalXendit, sale: Sale, sender: Sender
) -> None:
    assert (await sender.send(xendit.account.expire(sale.link))).json()["outcome"] == "expired"
    assert sale.status == "expired"


async def test_money_is_late_by_when_it_was_paid_and_not_by_when_we_heard(
    api: httpx.AsyncClient, market: Market, xendit: LocalXendit, sender: Sender
) -> None:
    market.mitra()
    in_time, revived, late = [await sell(api, market, xendit) for _ in range(3)]
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    market.value(
        "WITH u AS (UPDATE core.payment_requests SET status = 'expired', created_at = created_at - interval '2 hours',"
        " expires_at = %s RETURNING 1) SELECT count(*) FROM u",
        an_hour_ago,
    )
    for sale, seconds in ((in_time, -1), (revived, 599), (late, 601)):
        await sender.send(sale.paid(at=an_hour_ago + timedelta(seconds=seconds))[0])
    assert (in_time.status, revived.status, late.status) == ("confirmed", "confirmed", "paid_late")
    market.assert_all_is_well()
