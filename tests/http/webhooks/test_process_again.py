"""Operators look at webhooks, and have one judged again."""

from typing import Any

import httpx
import pytest

from app.settings import InternalSettings
from tests.http.webhooks.sales import READ, Sale
from tests.support.http_apps import problem
from tests.support.market import Market, Person
from tests.support.xendit.faults import answers
from tests.support.xendit.sender import Sender
from tests.support.xendit.server import LocalXendit

LIST = "/internal/webhooks"


@pytest.fixture
def internal_settings(internal_settings: InternalSettings, xendit: LocalXendit) -> InternalSettings:
    return internal_settings.model_copy(update=xendit.settings())


@pytest.fixture
def operator(market: Market) -> Person:
    return market.operator()


async def listed(internal: httpx.AsyncClient, operator: Person, **filters: str) -> list[dict[str, Any]]:
    reply = await internal.get(LIST, params=filters, headers=operator.headers)
    assert reply.status_code == 200, reply.text
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


async def test_money_that_a_mismatched_webhook_tells_of_is_confirmed_by_xendits_own_word(
    internal: httpx.AsyncClient, market: Market, xendit: LocalXendit, sale: Sale, sender: Sender, operator: Person
) -> None:
    completed, _ = sale.paid()
    receipt = (await sender.send(completed.telling(amount=1))).json()["receipt_id"]
    (odd,) = await listed(internal, operator, flagged="true", outcome="mismatch")
    assert (odd["id"], odd["payment_request_id"], odd["said_amount"]) == (receipt, str(sale.id), "1")
    assert await listed(internal, operator, outcome="confirmed") == []
    assert await listed(internal, operator, to="2020-01-01T00:00:00Z") == []

    again = await internal.post(f"{LIST}/{receipt}/process", json={"reason": "asked them"}, headers=operator.headers)
    assert again.status_code == 200, again.text
    assert (again.json()["outcome"], again.json()["is_flagged"]) == ("mismatch", True)
    assert (sale.status, sale.sessions) == ("confirmed", 1)
    repeated = await internal.post(f"{LIST}/{receipt}/process", json={}, headers=operator.headers)
    assert repeated.json() == again.json()
    assert (xendit.count(READ), sale.sessions) == (1, 1)
    assert len(await listed(internal, operator, payment_request_id=str(sale.id))) == 2
    reasons = "SELECT array_agg(reason ORDER BY id) FROM core.audit_log WHERE action = 'webhook.process'"
    assert market.value(reasons) == ["asked them", None]
    market.assert_all_is_well()


async def test_a_webhook_that_waits_for_xendits_word_is_settled_when_it_answers(
    internal: httpx.AsyncClient, market: Market, xendit: LocalXendit, sale: Sale, sender: Sender, operator: Person
) -> None:
    completed, _ = sale.paid()
    xendit.faults.always[READ] = answers(500)
    receipt = (await sender.send(completed)).json()["receipt_id"]
    assert (await listed(internal, operator, outcome="unverified"))[0]["processed_at"] is None
    silent = await internal.post(f"{LIST}/{receipt}/process", json={}, headers=operator.headers)
    assert silent.json()["outcome"] == "unverified"
    del xendit.faults.always[READ]
    again = await internal.post(f"{LIST}/{receipt}/process", json={}, headers=operator.headers)
    assert (again.json()["outcome"], sale.sessions) == ("confirmed", 1)


async def test_the_body_is_shown_with_pii_read_alone_and_that_is_written_down(
    internal: httpx.AsyncClient, market: Market, sale: Sale, sender: Sender, operator: Person
) -> None:
    receipt = (await sender.send(sale.paid()[0])).json()["receipt_id"]
    shown = (await internal.get(f"{LIST}/{receipt}", headers=operator.headers)).json()
    assert (shown["outcome"], shown["body"]["data"]["reference_id"]) == ("confirmed", str(sale.id))
    assert market.value("SELECT count(*) FROM core.audit_log WHERE action = 'pii.read' AND subject = %s", receipt) == 1
    reader = market.operator(market.role('{"webhooks": ["read"]}'))
    masked = (await internal.get(f"{LIST}/{receipt}", headers=reader.headers)).json()
    assert masked == shown | {"body": None}
    unknown = await internal.get(f"{LIST}/{sale.id}", headers=operator.headers)
    assert problem(unknown) == (404, "NOT_FOUND")
