"""Payments on the page: where the money is, refunds by each way, flagged and stuck payments, and webhooks."""

import re
from typing import Any
from uuid import UUID

from tests.pages.visits import Guest
from tests.support.market import Market, Person


def state(market: Market, payment: UUID) -> str:
    """Its refund's state."""
    found: str = market.value("SELECT refund_status FROM core.payment_requests WHERE id = %s", payment)
    return found


async def test_the_balance_of_all_money_is_shown_with_its_proof(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    assert "There is no payment here." in (await visit.get("/payments")).text
    market.mitra()
    market.owed(market.customer())
    page = (await visit.get("/payments")).text
    assert "Rp 50,000 − Rp 0 = <strong>Rp 50,000</strong>" in page
    assert "Rp 0 + Rp 0 + Rp 50,000 + Rp 0 + Rp 0 = <strong>Rp 50,000</strong>" in page
    assert '<data data-figure="money.unaccounted" value="0">' in page
    assert "Counted from every payment" not in page
    proof = (await visit.get("/payments?proof=true")).text
    assert "Counted from every payment at" in proof
    assert '<data data-figure="money.unaccounted" value="0">' in proof


async def test_what_is_due_stands_in_the_queue_and_a_refund_by_hand_ends_it(
    visit: Guest, market: Market, ayu: Person
) -> None:
    await visit.log_in(market, ayu)
    market.mitra()
    payment = market.owed(market.customer())
    assert f'href="/payments/{payment}"' in (await visit.get("/payments/refunds")).text
    wrong = await visit.send(f"/payments/{payment}", act="refund", way="provider", amount="60.000", reason="paid twice")
    assert wrong.status_code == 422
    assert 'value="60.000"' in wrong.text
    assert "From 1 to 50000 rupiah can be refunded." in wrong.text
    cents = await visit.send(f"/payments/{payment}", act="refund", way="provider", amount="100.00", reason="paid twice")
    assert (cents.status_code, state(market, payment)) == (422, "due")
    done = await visit.send(f"/payments/{payment}", act="refund", way="provider", reason="paid twice")
    assert (done.status_code, state(market, payment)) == (303, "refunded")
    assert "Nothing is to be paid back." in (await visit.get("/payments/refunds")).text
    assert market.value("SELECT reason FROM core.audit_log WHERE action = 'payment.refund'") == "paid twice"


async def test_a_refund_into_the_balance_needs_the_customers_consent(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    market.mitra()
    payment = market.owed(market.customer())
    form: dict[str, Any] = {"act": "refund", "way": "credit", "reason": "by phone"}
    page = (await visit.get(f"/payments/{payment}")).text
    assert '<option value="" selected>choose</option>' in page  # nothing is chosen for the operator
    assert '<div data-when-way="credit">' in page
    assert (await visit.send(f"/payments/{payment}", customer_consented="false", **form)).status_code == 422
    ticked = ["false", "true"]  # what the page says of an unticked box, and the box
    assert (await visit.send(f"/payments/{payment}", customer_consented=ticked, **form)).status_code == 303
    assert "into the customer&#39;s balance" in (await visit.get(f"/payments/{payment}")).text
    market.assert_all_is_well()


async def test_a_transfer_that_was_not_paid_is_due_again(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    market.mitra()
    payment = market.owed(market.customer())
    await visit.send(f"/payments/{payment}", act="refund", way="transfer", reason="no account")
    page = (await visit.get(f"/payments/{payment}")).text
    assert "You asked for this transfer" in page
    assert "dialog-refund" not in page
    assert 'data-opens="dialog-not_paid"' not in page  # another user says it
    refused = await visit.send(f"/payments/{payment}", act="not_paid", paid="false", reason="account closed")
    assert refused.status_code == 409
    assert "account closed</textarea>" in refused.text
    await visit.log_out()
    await visit.log_in(market, market.operator())
    assert "such as you" in (await visit.get(f"/payments/{payment}")).text
    done = await visit.send(f"/payments/{payment}", act="not_paid", paid="false", reason="account closed")
    assert (done.status_code, state(market, payment)) == (303, "due")
    assert "account closed" in (await visit.get("/payments/refunds")).text


async def test_a_transfer_whose_asker_has_left_is_taken_over(visit: Guest, market: Market, ayu: Person) -> None:
    market.mitra()
    payment, gone, second = market.owed(market.customer()), market.operator(), market.operator()
    path = f"/payments/{payment}"
    await visit.log_in(market, gone)
    await visit.send(path, act="refund", way="transfer", reason="no account")
    market.value("UPDATE core.control_center_users SET is_active = false WHERE id = %s RETURNING id", gone.id)
    await visit.log_in(market, ayu)
    page = (await visit.get(path)).text
    (dialog,) = re.findall('<dialog id="dialog-take_over".*?</dialog>', page, re.DOTALL)
    assert re.search(r'<textarea[^>]* name="reason"[^>]* required', dialog)
    assert "dialog-paid" not in page
    taken = await visit.send(path, act="take_over", way="transfer", reason="the first asker has left")
    assert taken.headers["location"] == f"{path}?done=take_over"
    assert "You asked for this transfer" in (await visit.get(path)).text
    await visit.log_in(market, second)
    page = (await visit.get(path)).text
    assert "dialog-paid" in page
    assert "dialog-take_over" not in page
    done = await visit.send(path, act="not_paid", paid="false", reason="account closed")
    assert (done.status_code, state(market, payment)) == (303, "due")


async def test_a_stuck_payment_says_why_and_since_when(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    market.mitra()
    payment = market.owed(market.customer())
    await visit.send(f"/payments/{payment}", act="refund", way="transfer", reason="no account")
    market.value("UPDATE core.refunds SET requested_at = requested_at - interval '2 days' RETURNING id")
    page = (await visit.get("/payments?stuck=true")).text
    assert "a refund by transfer was asked for, and nobody says whether it was paid · since" in page
    found = (await visit.client.get("/internal/payment-requests?stuck=true")).json()["items"][0]
    assert found["stuck_since"] == found["refund"]["requested_at"]
    found = (await visit.client.get("/internal/payment-requests")).json()["items"][0]
    assert (found["stuck_why"], found["stuck_since"]) == (None, None)


async def test_flagged_and_stuck_payments_and_their_webhooks_are_found_and_processed_again(
    visit: Guest, market: Market, ayu: Person
) -> None:
    await visit.log_in(market, ayu)
    assert "No payment is stuck." in (await visit.get("/payments?stuck=true")).text
    assert "No payment is flagged." in (await visit.get("/payments?flagged=true")).text
    payment = market.payment(market.customer())
    market.value("SELECT api.receive_webhook('xendit', 'k1', %s::jsonb)", '{"event": "payment_session.completed"}')
    receipt = market.value(
        "UPDATE core.webhook_receipts SET payment_request_id = %s, is_flagged = true, outcome = 'mismatch'"
        " RETURNING id",
        payment,
    )
    assert str(payment) in (await visit.get("/payments?flagged=true")).text
    assert str(receipt) in (await visit.get("/payments/webhooks?flagged=true")).text
    assert "There is no webhook here." in (await visit.get("/payments/webhooks?outcome=confirmed")).text
    page = (await visit.get(f"/payments/webhooks/{receipt}")).text
    assert "does not fit" in page
    assert "payment_session.completed" in page.partition("<pre>")[2]
    again = await visit.send(f"/payments/webhooks/{receipt}", act="process", reason="after a look")
    assert again.headers["location"] == f"/payments/webhooks/{receipt}?done=process"
    assert market.value("SELECT reason FROM core.audit_log WHERE action = 'webhook.process'") == "after a look"


async def test_who_may_only_look_sees_no_control_and_no_personal_data(visit: Guest, market: Market) -> None:
    role = market.role('{"payments": ["read"], "webhooks": ["read"]}')
    market.mitra()
    payment = market.owed(market.customer())
    market.value("SELECT api.receive_webhook('xendit', 'k1', %s::jsonb)", '{"event": "x", "data": {"payer": "Budi"}}')
    receipt = market.value("SELECT id FROM core.webhook_receipts")
    await visit.log_in(market, market.operator(role))
    for path in (f"/payments/{payment}", f"/payments/webhooks/{receipt}"):
        page = await visit.get(path)
        assert page.status_code == 200
        assert "<dialog" not in page.text
        assert "Budi" not in page.text


async def test_a_list_comes_as_csv_with_its_filters(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    market.mitra()
    payment = market.owed(market.customer())
    page = (await visit.get("/payments?refund_status=due&from=2020-01-01T00:00")).text
    link = page.partition('href="/internal/payment-requests?')[2].partition('"')[0].replace("&amp;", "&")
    assert link == "refund_status=due&from=2020-01-01T00%3A00%3A00%2B07%3A00&format=csv"
    answer = await visit.get(f"/internal/payment-requests?{link}")
    assert answer.headers["content-type"].startswith("text/csv")
    assert str(payment) in answer.text
