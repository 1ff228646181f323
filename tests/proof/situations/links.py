"""Links, money that arrives, and searches that wait for it."""

from collections.abc import Sequence
from typing import LiteralString

from psycopg.types.json import Jsonb

from tests.proof.interleavings import Command
from tests.proof.stage import Stage


def unpaid_search(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m")
    session, customer, payment = stage.an_unpaid_search()
    offer = stage.an_offer("", session, mitra)
    return (
        stage.accept(offer, mitra),
        stage.confirm(payment),
        stage.take_back(payment, customer),
        stage.cancel(session, customer),
        stage.decline(offer, mitra),
        stage.passing(20),
    )


def unpaid_search_past_its_link(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m")
    session, customer, payment = stage.an_unpaid_search()
    offer = stage.an_offer("", session, mitra)
    stage.wait(20)
    return (
        stage.run_due,
        stage.sweep,
        stage.accept(offer, mitra),
        stage.confirm(payment),
        stage.take_back(payment, customer),
        stage.cancel(session, customer),
    )


def pending_payment(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m", slots=1)
    session, customer, payment = stage.an_unpaid_search()
    offer = stage.an_offer("", session, mitra)
    stage.value("SELECT api.accept_offer(%s, %s)", offer, mitra)
    return (
        stage.confirm(payment),
        stage.take_back(payment, customer),
        stage.cancel(session, customer),
        stage.reroute(session),
        stage.deactivate(mitra),
        stage.passing(20),
    )


def pending_payment_past_its_link(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m", slots=1)
    session, customer, payment = stage.an_unpaid_search()
    offer = stage.an_offer("", session, mitra)
    stage.value("SELECT api.accept_offer(%s, %s)", offer, mitra)
    stage.wait(20)
    return (
        stage.run_due,
        stage.sweep,
        stage.confirm(payment),
        stage.cancel(session, customer),
        stage.reroute(session),
    )


def failed_by_its_link(stage: Stage) -> Sequence[Command]:
    stage.a_mitra("m")
    _, customer, payment = stage.an_unpaid_search()
    stage.wait(20)
    stage.settle()
    return (stage.confirm(payment, seconds_ago=5), stage.confirm(payment), stage.ask_for(customer), stage.sweep)


def unpaid_links_at_the_first_price(stage: Stage) -> Sequence[Command]:
    stage.base = stage.package(price=15000, minutes=15, first_session_price=4000)
    customer = stage.named("c", stage.customer())
    one, two = (stage.named(f"p{number}", stage.payment(customer, stage.base)) for number in (1, 2))
    return (
        stage.confirm(one),
        stage.take_back(one, customer),
        stage.ask_for(customer),
        stage.passing(900),
        stage.command("pay by hand", "SELECT api.confirm_manual_payment(%s, %s)", two, customer),
        stage.delete(customer),
    )


def guest_with_a_link_that_logs_in_as_another(stage: Stage) -> Sequence[Command]:
    owner = stage.named("owner", stage.customer())
    stage.value(
        "UPDATE core.customers SET phone = '+628110000009', is_anonymous = false WHERE id = %s RETURNING id", owner
    )
    guest = stage.named("guest", stage.customer())
    payment = stage.named("p", stage.payment(guest, stage.base))
    stage.value("SELECT api.request_otp('+628110000009', 'customer', 'code', 'here')")
    query: LiteralString = (
        "SELECT refusal, user_id FROM api.verify_otp('+628110000009', 'customer', 'code', 'token', 'here', %s)"
    )
    return (
        stage.command("log in as the owner", query, guest),
        stage.confirm(payment),
        stage.take_back(payment, guest),
        stage.ask_for(guest),
        stage.delete(guest),
        stage.delete(owner),
        stage.passing(900),
    )


def links_after_the_first_session(stage: Stage) -> Sequence[Command]:
    stage.base = stage.package(price=15000, minutes=15, first_session_price=4000)
    mitra = stage.a_mitra("m")
    customer = stage.named("c", stage.customer())
    used, one, two = (stage.named(f"p{number}", stage.payment(customer, stage.base)) for number in range(3))
    stage.value("SELECT api.confirm_payment(%s)", used)
    session = stage.session_of("", used)
    stage.value("SELECT api.accept_offer(%s, %s)", stage.an_offer("", session, mitra), mitra)
    stage.value("SELECT api.end_session(%s, 'customer', %s)", session, customer)
    return (stage.confirm(one), stage.confirm(two), stage.take_back(one, customer), stage.ask_for(customer))


def links_past_their_end(stage: Stage) -> Sequence[Command]:
    customer = stage.named("c", stage.customer())
    one = stage.named("p1", stage.payment(customer, stage.base))
    stage.wait(500)
    two = stage.named("p2", stage.payment(customer, stage.base))
    stage.wait(500)
    return (
        stage.run_due,
        stage.sweep,
        stage.confirm(one),
        stage.confirm(two),
        stage.take_back(one, customer),
        stage.passing(600),
    )


def cancelled_and_expired_links(stage: Stage) -> Sequence[Command]:
    customer = stage.named("c", stage.customer())
    gone, late = (stage.named(f"p{number}", stage.payment(customer, stage.base)) for number in (1, 2))
    stage.value("SELECT api.cancel_payment_request(%s, %s)", gone, customer)
    stage.wait(1600)
    stage.settle()
    return (
        stage.confirm(gone),
        stage.confirm(late),
        stage.confirm(late, seconds_ago=900),
        stage.ask_for(customer),
    )


def provider_says_paid(stage: Stage) -> Sequence[Command]:
    customer = stage.named("c", stage.customer())
    payment = stage.a_checkout("p", customer)
    stage.value("SELECT api.attach_checkout(%s, %s, 'ps-1', 'https://pay')", payment, customer)
    return (
        stage.webhook("payment_session.completed", payment, "one"),
        stage.webhook("payment.capture", payment, "two"),
        stage.webhook("payment_session.expired", payment, "three"),
        stage.take_back(payment, customer),
        stage.command(
            "reconcile",
            "SELECT api.reconcile_payment(%s, %s)",
            payment,
            Jsonb({"status": "COMPLETED", "amount": 15000, "currency": "IDR", "reference_id": str(payment)}),
        ),
        stage.confirm(payment),
        stage.refund(payment),
    )


def receipt_left_open(stage: Stage) -> Sequence[Command]:
    customer = stage.named("c", stage.customer())
    payment = stage.a_checkout("p", customer)
    stage.value("SELECT api.attach_checkout(%s, %s, 'ps-1', 'https://pay')", payment, customer)
    arrival = stage.webhook("payment_session.completed", payment, "one")
    body, answer = arrival.params[1:]
    receipt = stage.named(
        "w", stage.value("SELECT (api.receive_webhook('xendit', 'one', %s) ->> 'receipt_id')::uuid", body)
    )
    return (
        arrival,
        stage.command("process", "SELECT api.process_webhook(%s, %s)", receipt, answer),
        stage.command("process again", "SELECT api.process_webhook_again(%s, %s)", receipt, answer),
        stage.take_back(payment, customer),
        stage.confirm(payment),
    )


def link_being_made(stage: Stage) -> Sequence[Command]:
    stage.set("pairing_before_payment", True)
    customer = stage.named("c", stage.customer())
    payment, other = (stage.a_checkout(name, customer) for name in ("p1", "p2"))
    return (
        stage.command("attach", "SELECT api.attach_checkout(%s, %s, 'ps-1', 'https://pay')", payment, customer),
        stage.command("attach", "SELECT api.attach_checkout(%s, %s, 'ps-2', 'https://pay')", other, customer),
        stage.command("abandon", "SELECT api.abandon_checkout(%s, %s)", payment, customer),
        stage.take_back(payment, customer),
        stage.webhook("payment_session.completed", payment, "one"),
        stage.ask_for(customer),
    )


def undelivered(stage: Stage) -> Sequence[Command]:
    customer = stage.named("c", stage.customer())
    lost, link = (stage.named(f"p{number}", stage.payment(customer, stage.base)) for number in (1, 2))
    stage.lose(lost)
    return (
        stage.sweep,
        stage.confirm(lost),
        stage.confirm(link),
        stage.refund(lost),
        stage.ask_for(customer),
        stage.passing(300),
    )


def undelivered_too_long(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m")
    session, customer, _ = stage.a_running("", mitra)
    payment = stage.an_extension_link("px", session, customer, paid=True)
    other = stage.named("c2", stage.customer())
    lost = stage.named("p2", stage.payment(other, stage.base))
    stage.lose(lost)
    stage.wait(300)
    return (
        stage.sweep,
        stage.request(session, customer, payment),
        stage.refund(payment),
        stage.refund(lost),
        stage.end(session, "customer", customer),
    )
