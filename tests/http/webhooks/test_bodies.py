"""Bodies that are no webhooks, too large or too odd; and a webhook while PostgreSQL is away."""

import hashlib
import json
from pathlib import Path

import httpx
import psycopg

from app.resources.public.webhooks import TOKEN_HEADER
from tests.http.fuzzing import fuzz
from tests.http.webhooks.sales import PATH, Sale, receipts, sell
from tests.support.http_apps import problem
from tests.support.market import Market
from tests.support.xendit.sender import Sender
from tests.support.xendit.server import WEBHOOK_TOKEN, LocalXendit

# -- hostile bodies ----------------------------------------------------------------------------------------------------

DEEP = b'{"event": "payment.capture", "data": ' + b"[" * 30_000 + b"]" * 30_000 + b"}"


NO_OBJECTS = [
    b"", b" ", b"no json", b"{", b"[]", b'"text"', b"1", b"null", b"true", b"{}{}", b"\xff\xfe",
    b'{"amount": NaN}', b'{"x": "\n"}',
    b'{"data": {"amount": 1e999999}}', b'<?xml version="1.0"?>', b"event=payment.capture", DEEP, DEEP[:30_000],
]  # fmt: skip


async def test_what_is_no_json_object_is_refused_and_not_stored(api: httpx.AsyncClient, market: Market) -> None:
    for body in NO_OBJECTS:
        answer = await api.post(PATH, content=body, headers={"x-callback-token": WEBHOOK_TOKEN})
        assert problem(answer) == (422, "VALIDATION_ERROR"), body[:100]
    assert receipts(market) == []


UNSTORABLE = {
    b"\\u0000": "\ufffd", b"\\ud800": "\ufffd", b"\\udfff\\ud83d": "\ufffd\ufffd", b"\\ud83d\\ude00": "\U0001f600",
    b"\\\\u0000": "\\u0000", b"\xff": "\ufffd", b"\xed\xa0\x80": "\ufffd\ufffd\ufffd", b"\0": "\ufffd",
}  # fmt: skip
"""What PostgreSQL has no form for in a JSON text, or only nearly, and what is stored."""


async def test_a_webhook_with_characters_that_can_not_be_stored_is_stored_without_them_and_acted_on(
    api: httpx.AsyncClient, market: Market, xendit: LocalXendit
) -> None:
    market.mitra()
    for written, stored in UNSTORABLE.items():
        sale = await sell(api, market, xendit)
        told, _ = sale.paid()
        body = told.body.replace(b'{"event"', b'{"description": "<' + written + b'>", "event"', 1)
        assert body != told.body
        answer = await api.post(PATH, content=body, headers={"x-callback-token": WEBHOOK_TOKEN})
        assert (answer.status_code, answer.json()["outcome"], sale.status) == (200, "confirmed", "confirmed"), written
        kept = market.value(
            "SELECT body ->> 'description' FROM core.webhook_receipts WHERE receipt_key = %s",
            hashlib.sha256(body).hexdigest(),
        )
        assert kept == f"<{stored}>"


async def test_another_body_under_a_used_id_is_flagged_without_effect_and_xendit_is_asked_about_its_payment(
    api: httpx.AsyncClient, market: Market, sale: Sale, xendit: LocalXendit
) -> None:
    headers = {"x-callback-token": WEBHOOK_TOKEN, "webhook-id": "one"}
    first = b'{"event": "something.new", "data": {}}'
    assert (await api.post(PATH, content=first, headers=headers)).json()["outcome"] == "ignored"

    expired = json.dumps({"event": "payment_session.expired", "data": {"reference_id": str(sale.id)}}).encode()
    refused = (await api.post(PATH, content=expired, headers=headers)).json()
    assert (refused["outcome"], refused["is_flagged"], sale.status) == ("key_reused", True, "pending")

    sale.paid()
    words = expired.replace(b"expired", b"pending")
    for is_repeat in (False, True):
        again = await api.post(PATH, content=words, headers=headers)
        assert (again.status_code, again.json()["outcome"], again.json()["is_repeat"]) == (200, "key_reused", is_repeat)
    assert (sale.status, sale.sessions) == ("confirmed", 1)
    assert [(one["key"], one["outcome"], one["flagged"]) for one in receipts(market)] == [
        ("one", "ignored", False),
        (f"one#{hashlib.sha256(expired).hexdigest()}", "key_reused", True),
        (f"one#{hashlib.sha256(words).hexdigest()}", "key_reused", True),
        (f"reconciliation:{sale.id}:confirmed", "confirmed", False),
    ]
    market.assert_all_is_well()


async def test_a_body_over_64_kib_is_refused_and_not_stored(api: httpx.AsyncClient, market: Market) -> None:
    body = json.dumps({"event": "payment.capture", "data": {"x": "y" * 1_000_000}})
    answer = await api.post(PATH, content=body, headers={"x-callback-token": WEBHOOK_TOKEN})
    assert problem(answer) == (413, "PAYLOAD_TOO_LARGE")
    assert receipts(market) == []


STRANGE_OBJECTS: list[dict[str, object]] = [
    {},
    {"event": "payment_session.completed"},
    {"event": "payment_session.completed", "data": None},
    {"event": "payment_session.completed", "data": []},
    {"event": "payment_session.completed", "data": "text"},
    {"event": "payment_session.completed", "data": {}},
    {"event": "payment_session.completed", "data": {"reference_id": {"a": 1}, "payment_session_id": [1]}},
    {"event": "payment.capture", "data": {"reference_id": 17, "payment_request_id": True}},
    {"event": "payment_session.expired", "data": {"reference_id": "x'; DROP TABLE core.payment_requests; --"}},
    {"event": "payment.failure", "data": {"reference_id": None}},
    {"event": "refund.succeeded", "data": {"id": "rfd-0", "reference_id": "0"}},
    {"event": "refund.failed", "data": 1},
    {"event": "refund.succeeded"},
    {"event": "invoice.paid", "data": {"reference_id": "x"}, "more": {"fields": [1, 2]}},
    {"event": None},
    {"event": 17},
    {"event": {"a": 1}},
    {"event": "x" * 60_000},
]


async def test_whatever_the_object_says_it_is_stored_and_taken_and_changes_nothing(
    api: httpx.AsyncClient, market: Market, sale: Sale
) -> None:
    for body in STRANGE_OBJECTS:
        answer = await api.post(PATH, json=body, headers={"x-callback-token": WEBHOOK_TOKEN})
        assert answer.status_code == 200, (repr(body)[:100], answer.text)
    assert len(receipts(market)) == len(STRANGE_OBJECTS)
    assert (sale.status, sale.sessions) == ("pending", 0)


async def test_nothing_that_is_sent_to_the_webhook_breaks_it(
    api: httpx.AsyncClient, market: Market, tmp_path: Path
) -> None:
    token = f"{TOKEN_HEADER}: {WEBHOOK_TOKEN}"
    await fuzz(api, market.customer(), tmp_path, "--header", token, "--include-path", PATH)


async def test_unknown_fields_are_ignored(market: Market, sale: Sale, sender: Sender) -> None:
    completed, _ = sale.paid()
    assert (await sender.send(completed.telling(items=[{"a": 1}], metadata={"b": 2}))).json()["outcome"] == "confirmed"


async def test_while_postgres_is_away_xendit_is_asked_to_come_back(
    market: Market, sale: Sale, sender: Sender, conn: psycopg.Connection
) -> None:
    """Nothing was stored, so Xendit must not take it for taken."""
    completed, _ = sale.paid()
    conn.execute("ALTER TABLE core.webhook_receipts RENAME TO elsewhere")
    assert not (await sender.send(completed)).is_success
    conn.execute("ALTER TABLE core.elsewhere RENAME TO webhook_receipts")
    assert await sender.deliver(completed)
    assert (sale.status, sale.sessions) == ("confirmed", 1)
