"""What Xendit tells: whose word is believed, what is stored, and that nothing counts twice."""

import asyncio
import hashlib
import json
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from app.payments.xendit import Xendit
from app.resources.public.webhooks import TOKEN_HEADER
from app.serving.apps import create_public_app
from app.settings import ApiSettings
from tests.http.fuzzing import fuzz
from tests.support.http_apps import problem, serving
from tests.support.market import Market, Person
from tests.support.waiting import eventually
from tests.support.xendit.account import Notice
from tests.support.xendit.faults import Fault, answers, hangs
from tests.support.xendit.sender import Sender, shuffled
from tests.support.xendit.server import WEBHOOK_TOKEN, LocalXendit

PATH = "/api/webhooks/xendit"
READ = "GET /sessions/{id}"


@pytest.fixture
def api_settings(api_settings: ApiSettings, xendit: LocalXendit) -> ApiSettings:
    return api_settings.model_copy(update=xendit.settings())


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Xendit, "attempt_seconds", 1.0)
    monkeypatch.setattr(Xendit, "proof_seconds", 2.0)


@pytest.fixture
async def sender(api: httpx.AsyncClient) -> AsyncIterator[Sender]:
    """Xendit's own way to us."""
    sender = Sender(str(api.base_url.join(PATH)), WEBHOOK_TOKEN, retry_seconds=[0.1] * 6)
    yield sender
    await sender.close()


class Sale:
    """A link that a customer was given."""

    def __init__(self, market: Market, xendit: LocalXendit, payment: dict[str, Any], customer: Person) -> None:
        self.id = UUID(payment["id"])
        self.customer = customer
        self.link = xendit.account.session_of(self.id)["payment_session_id"]
        self._market = market
        self._xendit = xendit

    def paid(self, *, at: datetime | None = None) -> list[Notice]:
        """The two webhooks that tell that it was paid."""
        return self._xendit.account.pay(self.link, at=at)

    @property
    def status(self) -> str:
        return str(self._market.value("SELECT status FROM core.payment_requests WHERE id = %s", self.id))

    @property
    def sessions(self) -> int:
        """How many sessions the money bought."""
        count: int = self._market.value(
            "SELECT count(*) FROM core.chat_sessions WHERE customer_id = %s", self.customer.id
        )
        return count


async def sell(api: httpx.AsyncClient, market: Market, xendit: LocalXendit) -> Sale:
    customer = market.customer()
    body = {"package_id": str(market.package())}
    made = await api.post("/api/payment-requests", json=body, headers=customer.headers)
    assert made.status_code == 201, made.text
    return Sale(market, xendit, made.json(), customer)


@pytest.fixture
async def sale(api: httpx.AsyncClient, market: Market, xendit: LocalXendit) -> Sale:
    market.mitra()
    return await sell(api, market, xendit)


def receipts(market: Market) -> list[dict[str, Any]]:
    """Every webhook stored, oldest first."""
    found: list[dict[str, Any]] = market.value(
        "SELECT coalesce(jsonb_agg(jsonb_build_object('key', receipt_key, 'event', event, 'outcome', outcome,"
        " 'flagged', is_flagged, 'open', processed_at IS NULL) ORDER BY received_at), '[]') FROM core.webhook_receipts"
    )
    return found


def balance_is_whole(market: Market) -> bool:
    violations: int = market.value("SELECT count(*) FROM ops.invariant_violations")
    unaccounted: int = market.value("SELECT unaccounted FROM ops.money_balance")
    return (violations, unaccounted) == (0, 0)


# -- whose word it is --------------------------------------------------------------------------------------------------


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


# -- money -------------------------------------------------------------------------------------------------------------


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
    assert balance_is_whole(market)


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
    assert balance_is_whole(market)


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
    assert balance_is_whole(market)


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
    assert balance_is_whole(market)


# -- belief ------------------------------------------------------------------------------------------------------------


LIES: list[tuple[dict[str, object], str]] = [
    ({"amount": 1}, "mismatch"),
    ({"amount": 50_000.5}, "mismatch"),
    ({"amount": "a lot"}, "mismatch"),
    ({"amount": None}, "mismatch"),
    ({"currency": "USD"}, "mismatch"),
    ({"reference_id": "00000000-0000-4000-8000-000000000000", "payment_session_id": "ps-0"}, "unknown_reference"),
    ({"reference_id": "nonsense", "payment_session_id": None}, "unknown_reference"),
    ({"reference_id": None, "payment_session_id": None, "payment_request_id": None}, "unknown_reference"),
]


async def test_what_does_not_match_is_stored_and_flagged_and_not_confirmed(
    market: Market, xendit: LocalXendit, sale: Sale, sender: Sender
) -> None:
    completed, _ = sale.paid()
    for lie, outcome in LIES:
        taken = await sender.send(completed.telling(**lie))
        assert taken.status_code == 200, lie
        stored = receipts(market)[-1]
        assert (stored["outcome"], stored["flagged"]) == (outcome, True), lie
    assert (sale.status, sale.sessions) == ("pending", 0)
    assert xendit.count(READ) == 0
    assert (await sender.send(completed)).json()["outcome"] == "confirmed"


async def test_a_forged_webhook_is_not_believed(
    market: Market, xendit: LocalXendit, sale: Sale, sender: Sender
) -> None:
    """The token has leaked: whoever has it says that a link was paid, and Xendit says that it was not."""
    session = xendit.account.sessions[sale.link]
    forged = Notice.of("payment_session.completed", session | {"status": "COMPLETED"})
    assert (await sender.send(forged)).json()["outcome"] == "not_paid"
    assert [receipt["flagged"] for receipt in receipts(market)] == [True]
    assert (sale.status, sale.sessions) == ("pending", 0)


@pytest.mark.parametrize(
    "change",
    [{"amount": 1}, {"currency": "USD"}, {"reference_id": "00000000-0000-4000-8000-000000000000"}],
    ids=["amount", "currency", "reference"],
)
async def test_xendits_own_word_counts_for_amount_currency_and_reference(
    market: Market, xendit: LocalXendit, sale: Sale, sender: Sender, change: dict[str, object]
) -> None:
    completed, _ = sale.paid()
    xendit.account.sessions[sale.link] |= change
    assert (await sender.send(completed)).json()["outcome"] == "mismatch"
    assert (sale.status, sale.sessions) == ("pending", 0)


@pytest.mark.parametrize(
    "fault", [hangs(), answers(503), answers(404), answers(200, body=b"{}")], ids=["hangs", "503", "404", "nonsense"]
)
async def test_while_xendit_does_not_answer_a_webhook_is_kept_unverified(
    market: Market, xendit: LocalXendit, sale: Sale, sender: Sender, fault: Fault
) -> None:
    completed, _ = sale.paid()
    xendit.faults.always[READ] = fault
    started = asyncio.get_running_loop().time()
    taken = await sender.send(completed)
    assert asyncio.get_running_loop().time() - started < 5
    assert (taken.status_code, taken.json()["outcome"]) == (200, "unverified")
    (stored,) = receipts(market)
    assert (stored["open"], stored["flagged"]) == (True, False)
    assert (sale.status, sale.sessions) == ("pending", 0)
    # Xendit repeats it when it has found its voice again.
    xendit.faults.always.clear()
    assert (await sender.send(completed)).json()["outcome"] == "confirmed"
    assert (sale.status, sale.sessions) == ("confirmed", 1)


async def test_one_answer_in_three_is_enough(market: Market, xendit: LocalXendit, sale: Sale, sender: Sender) -> None:
    completed, _ = sale.paid()
    xendit.faults.plan(READ, answers(500), answers(503))
    assert (await sender.send(completed)).json()["outcome"] == "confirmed"


async def test_no_transaction_is_open_while_xendit_is_asked(
    market: Market, xendit: LocalXendit, sale: Sale, sender: Sender
) -> None:
    completed, _ = sale.paid()
    xendit.faults.always[READ] = hangs()
    sending = asyncio.create_task(sender.send(completed))

    async def asked() -> bool:
        return xendit.count(READ) > 0

    await eventually(asked, "Xendit is asked", seconds=30)
    busy = market.value(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND state LIKE 'idle in transaction%%'"
    )
    assert busy == 0
    assert (await sending).status_code == 200


async def test_without_verification_the_token_is_enough_and_the_amount_still_counts(
    api_settings: ApiSettings, market: Market, xendit: LocalXendit
) -> None:
    market.mitra()
    settings = api_settings.model_copy(update={"xendit_verify": False})
    async with serving(create_public_app(settings)) as api:
        sender = Sender(str(api.base_url.join(PATH)), WEBHOOK_TOKEN)
        try:
            sale = await sell(api, market, xendit)
            completed, _ = sale.paid()
            assert (await sender.send(completed.telling(amount=1))).json()["outcome"] == "mismatch"
            assert (await sender.send(completed)).json()["outcome"] == "confirmed"
        finally:
            await sender.close()
    assert xendit.count(READ) == 0
    assert (sale.status, sale.sessions) == ("confirmed", 1)


async def test_money_on_a_link_that_we_never_wrote_down_is_found_by_its_reference(
    market: Market, xendit: LocalXendit, sale: Sale, sender: Sender
) -> None:
    """The process was killed between Xendit's answer and our writing it down, and the customer paid all the same."""
    market.value(
        "UPDATE core.payment_requests SET provider_ref = NULL, checkout_url = NULL WHERE id = %s RETURNING 1", sale.id
    )
    completed, _ = sale.paid()
    assert (await sender.send(completed)).json()["outcome"] == "confirmed"
    assert (sale.status, sale.sessions) == ("confirmed", 1)


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
    assert balance_is_whole(market)


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
