"""The client of Xendit: what it sends, what it takes for an answer, and how it fails."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest
import structlog

from app.development.processes import free_port
from app.payments.xendit import RefusedByXendit, Unanswered, Xendit
from app.runtime.instant import spell
from app.settings import ApiSettings
from app.shapes.payments import PaymentRequest
from tests.support.waiting import PATIENCE_SECONDS
from tests.support.xendit.faults import Fault, answers, hangs, slow
from tests.support.xendit.server import SECRET_KEY, LocalXendit

CREATE, READ, REFUND = "POST /sessions", "GET /sessions/{id}", "POST /refunds"


@pytest.fixture
async def client(xendit: LocalXendit) -> AsyncIterator[Xendit]:
    client = Xendit(xendit.url, SECRET_KEY)
    yield client
    await client.close()


def a_payment(amount: int = 50_000) -> PaymentRequest:
    now = datetime.now(UTC)
    return PaymentRequest(
        id=uuid4(), status="pending", package_id=uuid4(), duration_minutes=30, amount=amount, is_extension=False,
        is_first_session_discount=False, provider="xendit", checkout_url=None,
        expires_at=spell(now + timedelta(minutes=15)), session_id=None, failure_cause=None,
        refund_status="none", created_at=spell(now),
    )  # fmt: skip


async def a_paid_link(client: Xendit, xendit: LocalXendit) -> str:
    """The reference that a refund names."""
    link = await client.create_link(a_payment())
    xendit.account.pay(link.payment_session_id)
    return str(xendit.account.sessions[link.payment_session_id]["payment_request_id"])


async def test_a_link_is_asked_for_in_xendits_words(client: Xendit, xendit: LocalXendit) -> None:
    payment = a_payment()
    link = await client.create_link(payment)
    session = xendit.account.sessions[link.payment_session_id]
    assert link.payment_link_url == f"{xendit.url}/pay/{link.payment_session_id}"
    assert {name: session[name] for name in ("session_type", "mode", "amount", "currency", "country")} == {
        "session_type": "PAY", "mode": "PAYMENT_LINK", "amount": 50_000, "currency": "IDR", "country": "ID",
    }  # fmt: skip
    assert session["reference_id"] == str(payment.id)
    assert session["expires_at"] == payment.expires_at
    assert xendit.calls == [(CREATE, str(payment.id))]
    assert "success_return_url" not in session


async def test_the_customer_is_led_back_to_where_the_settings_say(
    xendit: LocalXendit, api_settings: ApiSettings
) -> None:
    settings = api_settings.model_copy(
        update=xendit.settings() | {"xendit_return_url": "https://app.example/paid?from=xendit"}
    )
    client = Xendit.of(settings)
    assert client is not None
    payment = a_payment()
    try:
        link = await client.create_link(payment)
    finally:
        await client.close()
    session = xendit.account.sessions[link.payment_session_id]
    for result in ("success", "cancel"):
        assert session[f"{result}_return_url"] == (
            f"https://app.example/paid?from=xendit&payment_request_id={payment.id}&result={result}"
        )


async def test_a_paid_link_is_told_in_xendits_own_words(client: Xendit, xendit: LocalXendit) -> None:
    link = await client.create_link(a_payment())
    xendit.account.pay(link.payment_session_id)
    said = msgspec.json.decode(await client.link(link.payment_session_id))
    assert said == xendit.account.sessions[link.payment_session_id]
    assert (said["status"], said["amount"]) == ("COMPLETED", 50_000)


async def test_a_refund_names_the_payment_and_carries_its_id_as_key(client: Xendit, xendit: LocalXendit) -> None:
    paid = await a_paid_link(client, xendit)
    refund_id = uuid4()
    made = await client.create_refund(refund_id=refund_id, amount=20_000, payment_ref=paid)
    refund = xendit.account.refunds[made.id]
    assert (made.status, refund["reference_id"], refund["payment_request_id"]) == ("PENDING", str(refund_id), paid)
    assert (refund["amount"], refund["currency"], refund["reason"]) == (20_000, "IDR", "REQUESTED_BY_CUSTOMER")
    assert xendit.calls[-1] == (REFUND, str(refund_id))
    xendit.account.settle_refund(made.id, failure_code="INSUFFICIENT_BALANCE")
    settled = await client.refund(made.id)
    assert (settled.status, settled.failure_code) == ("FAILED", "INSUFFICIENT_BALANCE")


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    "fault",
    [
        answers(500, is_heard=True), answers(503), answers(429), answers(408), answers(302),
        answers(409, is_heard=True), hangs(is_heard=True),
        answers(200, is_heard=True, body=b"<html>"), answers(200, is_heard=True, body=b"[]"),
    ],
    ids=lambda fault: "hangs" if fault.hangs else f"{fault.status} {fault.body.decode()[:6]}",
)  # fmt: skip
async def test_what_was_not_answered_is_asked_again_with_the_same_key_and_done_once(
    client: Xendit, xendit: LocalXendit, fault: Fault
) -> None:
    paid = await a_paid_link(client, xendit)
    refund_id = uuid4()
    xendit.faults.plan(REFUND, fault)
    made = await client.create_refund(refund_id=refund_id, amount=50_000, payment_ref=paid)
    assert [*xendit.account.refunds] == [made.id]
    assert [call for call in xendit.calls if call[0] == REFUND] == [(REFUND, str(refund_id))] * 2


async def test_who_stays_away_is_asked_a_few_times_and_then_did_not_answer(client: Xendit, xendit: LocalXendit) -> None:
    xendit.faults.always[CREATE] = answers(503)
    with pytest.raises(Unanswered, match="503 SERVER_ERROR"):
        await client.create_link(a_payment())
    assert xendit.count(CREATE) == 3


@pytest.mark.usefixtures("hasty")
async def test_nobody_waits_longer_than_is_said(client: Xendit, xendit: LocalXendit) -> None:
    xendit.faults.always[CREATE] = xendit.faults.always[READ] = hangs()
    async with asyncio.timeout(PATIENCE_SECONDS):
        with pytest.raises(Unanswered):
            await client.create_link(a_payment())
        with pytest.raises(Unanswered):
            await client.link("ps-unknown")


async def test_nobody_there_is_no_answer() -> None:
    client = Xendit(f"http://127.0.0.1:{free_port()}", SECRET_KEY)
    try:
        with pytest.raises(Unanswered, match="ConnectError"):
            await client.link("ps-unknown")
    finally:
        await client.close()


@pytest.mark.parametrize(("status", "code"), [(400, "REFUND_AMOUNT_EXCEEDED"), (403, "FORBIDDEN"), (404, "GONE")])
async def test_a_refusal_is_definite_and_asked_for_once(
    client: Xendit, xendit: LocalXendit, status: int, code: str
) -> None:
    xendit.faults.always[REFUND] = answers(status, body=b'{"error_code": "%s"}' % code.encode())
    with pytest.raises(RefusedByXendit, match=f"{status} {code}"):
        await client.create_refund(refund_id=uuid4(), amount=1, payment_ref="pr-1")
    assert xendit.count(REFUND) == 1


@pytest.mark.usefixtures("hasty")
async def test_a_refusal_after_silence_is_not_definite(client: Xendit, xendit: LocalXendit) -> None:
    """The first may have been heard, and the second refused for that reason."""
    xendit.faults.plan(REFUND, hangs(), answers(400), answers(400))
    with pytest.raises(Unanswered, match="unclear, then 400"):
        await client.create_refund(refund_id=uuid4(), amount=1, payment_ref="pr-1")


async def test_a_wrong_key_is_refused_and_appears_nowhere(xendit: LocalXendit) -> None:
    client = Xendit(xendit.url, "xnd_production_hush")
    with structlog.testing.capture_logs() as logged:
        try:
            with pytest.raises(RefusedByXendit, match="401 INVALID_API_KEY") as caught:
                await client.create_link(a_payment())
        finally:
            await client.close()
    assert xendit.calls == []
    assert [(line["operation"], line["outcome"]) for line in logged] == [("create_link", "refused")]
    assert "hush" not in repr(logged) + repr(caught.value)


async def test_a_slow_answer_is_an_answer(client: Xendit, xendit: LocalXendit) -> None:
    xendit.faults.plan(CREATE, slow(0.3))
    assert (await client.create_link(a_payment())).payment_session_id in xendit.account.sessions
    assert xendit.count(CREATE) == 1


async def test_a_reference_stays_within_its_part_of_the_address(client: Xendit, xendit: LocalXendit) -> None:
    made = await client.create_refund(refund_id=uuid4(), amount=1, payment_ref=await a_paid_link(client, xendit))
    for hostile in (f"../refunds/{made.id}", f"x/../../refunds/{made.id}", "?status=COMPLETED", "#"):
        with pytest.raises(RefusedByXendit, match="404"):
            await client.link(hostile)
    assert xendit.count("GET /refunds/{id}") == 0


def test_while_it_is_off_there_is_no_client(api_settings: ApiSettings) -> None:
    assert Xendit.of(api_settings) is None
