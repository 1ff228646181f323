"""The payment sweep and the reconciliation: what the provider's webhooks did not settle is settled all the same."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from app.observability import metrics
from app.payments.xendit import Xendit
from app.settings import ListenerSettings
from listeners.concerns import payments as module
from listeners.concerns.payments import Payments
from listeners.engine.backend import Backend
from tests.support.listening import listening
from tests.support.market import Market
from tests.support.waiting import eventually
from tests.support.xendit.faults import answers, hangs
from tests.support.xendit.server import SECRET_KEY, LocalXendit
from tests.support.xendit.shop import Shop

READ, REFUND = "GET /sessions/{id}", "POST /refunds"


@pytest.fixture(autouse=True)
def _no_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PACE_SECONDS", 0.01)


@pytest.fixture
async def client(xendit: LocalXendit) -> AsyncIterator[Xendit]:
    client = Xendit(xendit.url, SECRET_KEY)
    yield client
    await client.close()


@pytest.fixture
def payments(app_url: Callable[[str], str], client: Xendit) -> Iterator[Payments]:
    backend = Backend(app_url("halo_listener"), name="test")
    yield Payments(backend, client)
    backend.close()


@pytest.fixture
def shop(market: Market, client: Xendit, xendit: LocalXendit) -> Shop:
    return Shop(market, client, xendit)


def swept(outcome: str) -> float:
    count: float = metrics.payments_swept.labels(outcome)._value.get()
    return count


@contextmanager
def refused(conn: psycopg.Connection, payment: UUID) -> Iterator[None]:
    """PostgreSQL takes no change of this payment."""
    conn.execute(
        sql.SQL("ALTER TABLE core.payment_requests ADD CONSTRAINT broken CHECK (id <> {}) NOT VALID").format(
            sql.Literal(payment)
        )
    )
    try:
        yield
    finally:
        conn.execute("ALTER TABLE core.payment_requests DROP CONSTRAINT broken")


# -- the sweep ---------------------------------------------------------------------------------------------------------


async def test_the_three_counts_are_told_and_exported(payments: Payments, shop: Shop, conn: psycopg.Connection) -> None:
    before = {outcome: swept(outcome) for outcome in ("expired", "failed", "reconciled")}
    for _ in range(2):
        shop.market.payment(shop.market.customer())
    conn.execute("UPDATE core.payment_requests SET expires_at = clock_timestamp()")
    assert await payments.sweep() == "2 expired, 0 failed, 0 reconciled"
    after = {outcome: swept(outcome) - count for outcome, count in before.items()}
    assert after == {"expired": 2, "failed": 0, "reconciled": 0}


async def test_without_a_provider_the_sweep_is_ours_alone(app_url: Callable[[str], str]) -> None:
    backend = Backend(app_url("halo_listener"), name="test")
    assert await Payments(backend, None).sweep() == "0 expired, 0 failed, 0 reconciled"
    backend.close()


async def test_an_unverified_webhook_is_settled_when_the_provider_answers_again(payments: Payments, shop: Shop) -> None:
    payment = await shop.sell()
    shop.pay_unverified(payment)
    shop.xendit.faults.always[READ] = answers(503)
    assert "webhooks: 1 unanswered" in await payments.sweep()
    assert shop.status(payment) == "pending"
    shop.xendit.faults.always.clear()
    assert "webhooks: 1 confirmed" in await payments.sweep()
    assert shop.status(payment) == "confirmed"
    asked = shop.xendit.count(READ)
    assert "webhooks" not in await payments.sweep()
    assert shop.xendit.count(READ) == asked
    shop.market.assert_all_is_well()


async def test_a_webhook_that_the_provider_contradicts_is_flagged_and_not_believed(
    payments: Payments, shop: Shop
) -> None:
    cheaper, unpaid = await shop.sell(), await shop.sell()
    for payment in (cheaper, unpaid):
        shop.pay_unverified(payment)
    shop.xendit.account.session_of(cheaper)["amount"] = 1
    shop.xendit.account.session_of(unpaid)["status"] = "ACTIVE"
    found = await payments.sweep()
    assert "1 mismatch" in found
    assert "1 not_paid" in found
    assert {shop.status(cheaper), shop.status(unpaid)} == {"pending"}
    assert shop.market.value("SELECT count(*) FROM core.webhook_receipts WHERE is_flagged") == 2


@pytest.mark.usefixtures("hasty")
async def test_while_the_provider_is_away_a_few_questions_are_enough(payments: Payments, shop: Shop) -> None:
    for _ in range(12):
        shop.pay_unverified(await shop.sell())
    shop.xendit.faults.always[READ] = hangs()
    shop.xendit.calls.clear()
    assert "webhooks: 5 unanswered" in await payments.sweep()
    assert shop.xendit.count(READ) <= 5 * 3


async def test_one_that_fails_stops_no_other(payments: Payments, shop: Shop, conn: psycopg.Connection) -> None:
    sold = [await shop.sell() for _ in range(3)]
    for payment in sold:
        shop.pay_unverified(payment)
    with refused(conn, sold[0]):
        found = await payments.sweep()
    assert "1 failed" in found
    assert "2 confirmed" in found
    assert [shop.status(payment) for payment in sold] == ["pending", "confirmed", "confirmed"]


async def test_a_step_that_fails_stops_no_other_and_fails_the_run(
    payments: Payments, shop: Shop, conn: psycopg.Connection
) -> None:
    payment = await shop.sell()
    shop.pay_unverified(payment)
    conn.execute("REVOKE EXECUTE ON FUNCTION api.expire_stale_payment_requests() FROM halo_listener")
    with pytest.raises(ExceptionGroup):
        await payments.sweep()
    conn.execute("GRANT EXECUTE ON FUNCTION api.expire_stale_payment_requests() TO halo_listener")
    assert shop.status(payment) == "confirmed"


async def test_a_refund_whose_asker_died_is_asked_for_once(payments: Payments, shop: Shop) -> None:
    payment = await shop.owe()
    refund = shop.ask_refund(payment)
    assert "refunds: 1 sent" in await payments.sweep()
    assert shop.xendit.calls[-1] == (REFUND, str(refund))
    assert "refunds" not in await payments.sweep()
    assert len(shop.xendit.account.refunds) == 1
    assert shop.refund_status(payment) == "requested"


async def test_a_refund_that_was_heard_before_its_asker_died_is_paid_once(payments: Payments, shop: Shop) -> None:
    payment = await shop.owe()
    refund = shop.ask_refund(payment)
    paid = shop.xendit.account.session_of(payment)["payment_request_id"]
    wanted = {"reference_id": str(refund), "payment_request_id": paid, "currency": "IDR", "amount": 50_000,
              "reason": "REQUESTED_BY_CUSTOMER"}  # fmt: skip
    heard = shop.xendit.account.once(REFUND, str(refund), wanted)
    assert "refunds: 1 sent" in await payments.sweep()
    assert [*shop.xendit.account.refunds] == [heard["id"]]


@pytest.mark.usefixtures("hasty")
async def test_a_refund_that_the_provider_refuses_or_does_not_answer_is_due_again(
    payments: Payments, shop: Shop
) -> None:
    refused, silent = await shop.owe(), await shop.owe()
    shop.xendit.faults.always[REFUND] = answers(400)
    shop.ask_refund(refused)
    await payments.sweep()
    shop.xendit.faults.always[REFUND] = hangs(is_heard=True)
    asked = shop.ask_refund(silent)
    await payments.sweep()
    assert {shop.refund_status(refused), shop.refund_status(silent)} == {"due"}
    shop.xendit.faults.always.clear()
    again = shop.market.value("SELECT api.request_refund(%s)", silent)
    assert again["refund"]["id"] == str(asked)


@pytest.fixture
def _two_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("PAGE", "MOST_A_SWEEP", "AT_ONCE"):
        monkeypatch.setattr(module, limit, 2)


@pytest.mark.usefixtures("_two_a_page")
async def test_webhooks_that_stay_open_hide_none_behind_them(
    payments: Payments, shop: Shop, conn: psycopg.Connection
) -> None:
    for _ in range(6):
        shop.pay_unverified(await shop.sell())
    *stuck, last = (row[0] for row in conn.execute("SELECT payment_request_id FROM core.webhook_receipts ORDER BY id"))
    for payment in stuck:
        shop.xendit.account.session_of(payment)["status"] = "ACTIVE"
    for _ in range(3):
        await payments.sweep()
    assert [shop.status(payment) for payment in (*stuck, last)] == ["pending"] * 5 + ["confirmed"]

    shop.xendit.account.session_of(stuck[0])["status"] = "COMPLETED"
    await payments.sweep()
    assert shop.status(stuck[0]) == "confirmed"


@pytest.mark.usefixtures("_two_a_page")
async def test_webhooks_that_are_never_answered_hide_none_behind_them(
    payments: Payments, shop: Shop, conn: psycopg.Connection
) -> None:
    for _ in range(3):
        shop.pay_unverified(await shop.sell())
    *_silent, last = (
        row[0] for row in conn.execute("SELECT payment_request_id FROM core.webhook_receipts ORDER BY id")
    )
    shop.xendit.faults.always[READ] = answers(503)
    assert "webhooks: 2 unanswered" in await payments.sweep()
    shop.xendit.faults.always.clear()
    await payments.sweep()
    assert shop.status(last) == "confirmed"


@pytest.mark.usefixtures("_two_a_page")
async def test_refunds_that_stay_unsent_hide_none_behind_them(
    payments: Payments, shop: Shop, conn: psycopg.Connection
) -> None:
    asked = {shop.ask_refund(payment): payment for payment in [await shop.owe() for _ in range(6)]}
    *stuck, last = sorted(asked)
    conn.execute(
        sql.SQL(
            "ALTER TABLE core.refunds ADD CONSTRAINT broken"
            " CHECK (provider_ref IS NULL OR id <> ALL ({}::uuid[])) NOT VALID"
        ).format(sql.Literal([str(refund) for refund in stuck]))
    )
    for _ in range(3):
        await payments.sweep()
    sent = conn.execute("SELECT id FROM core.refunds WHERE provider_ref IS NOT NULL").fetchall()
    assert sent == [(last,)]


# -- the reconciliation ------------------------------------------------------------------------------------------------


async def test_money_whose_webhook_was_lost_is_found(payments: Payments, shop: Shop) -> None:
    paid, unpaid, closed, cheaper = [await shop.sell() for _ in range(4)]
    shop.pay(paid)
    shop.xendit.account.expire(shop.link(closed))
    shop.xendit.account.pay(shop.link(cheaper), amount=1)
    found = await payments.reconcile()
    assert [shop.status(payment) for payment in (paid, unpaid, closed, cheaper)] == [
        "confirmed", "pending", "expired", "pending",
    ]  # fmt: skip
    assert {"1 confirmed", "1 expired", "1 mismatch"} == set(found.removeprefix("links: ").split(", "))
    assert shop.market.value("SELECT count(*) FROM core.webhook_receipts WHERE is_flagged") == 1
    assert shop.market.value("SELECT count(*) FROM core.chat_sessions") == 1
    assert "confirmed" not in await payments.reconcile()
    shop.market.assert_all_is_well()


async def test_every_page_is_looked_at(payments: Payments, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    monkeypatch.setattr(module, "AT_ONCE", 2)
    sold = [await shop.sell() for _ in range(5)]
    for payment in sold:
        shop.pay(payment)
    assert await payments.reconcile() == "links: 5 confirmed"
    assert {shop.status(payment) for payment in sold} == {"confirmed"}


async def test_a_refund_whose_webhook_was_lost_is_settled(payments: Payments, shop: Shop) -> None:
    done, failed, open_still = [await shop.owe() for _ in range(3)]
    refunds = {payment: shop.ask_refund(payment) for payment in (done, failed, open_still)}
    await payments.sweep()
    by_reference = {refund["reference_id"]: refund["id"] for refund in shop.xendit.account.refunds.values()}
    shop.xendit.account.settle_refund(by_reference[str(refunds[done])])
    shop.xendit.account.settle_refund(by_reference[str(refunds[failed])], failure_code="INSUFFICIENT_BALANCE")
    found = await payments.reconcile()
    assert {"1 succeeded", "1 failed", "1 pending"} == set(found.removeprefix("refunds: ").split(", "))
    assert [shop.refund_status(payment) for payment in (done, failed, open_still)] == ["refunded", "due", "requested"]
    shop.market.assert_all_is_well()


# -- within the listener -----------------------------------------------------------------------------------------------


@pytest.fixture
def xendit_settings(listener_settings: ListenerSettings, xendit: LocalXendit) -> ListenerSettings:
    return listener_settings.model_copy(update=xendit.settings() | {"payment_sweep_seconds": 0.1})


async def test_the_leader_reconciles_at_its_start_and_sweeps_from_then_on(
    xendit_settings: ListenerSettings, shop: Shop
) -> None:
    lost = await shop.sell()
    shop.pay(lost)

    async def is_confirmed(payment: UUID) -> bool:
        return shop.status(payment) == "confirmed"

    async with listening(xendit_settings) as listener:
        await eventually(lambda: is_confirmed(lost), "the lost payment is found")
        later = await shop.sell()
        shop.pay_unverified(later)
        await eventually(lambda: is_confirmed(later), "the unverified payment is settled")
        assert (await listener.sweep("reconciliation"))["outcome"] == "ok"
        page = (await listener.get("/metrics")).text
    for series in (
        'halobestie_provider_call_seconds_count{operation="link",outcome="answered"}',
        'halobestie_provider_checks_total{outcome="confirmed",subject="link"}',
        'halobestie_provider_checks_total{outcome="confirmed",subject="webhook"}',
        'halobestie_payments_swept_total{outcome="expired"}',
    ):
        assert series in page


async def test_a_listener_stops_in_time_while_the_provider_hangs(
    xendit_settings: ListenerSettings, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Xendit, "attempt_seconds", 600)
    monkeypatch.setattr(Xendit, "proof_seconds", 600)
    shop.pay_unverified(await shop.sell())
    shop.xendit.faults.always[READ] = hangs()

    async def is_asked() -> bool:
        return shop.xendit.count(READ) > 0

    async with listening(xendit_settings) as listener:
        await eventually(is_asked, "the provider is asked")
        await listener.stop()
