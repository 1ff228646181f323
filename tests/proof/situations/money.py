"""Refunds by transfer and by credit, and balances: who asks, who confirms, what is spent."""

from collections.abc import Sequence

from tests.proof.interleavings import Command
from tests.proof.stage import Stage


def refund_by_transfer(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m")
    session, customer, payment = stage.a_running("", mitra)
    ani, budi = stage.a_user("ani"), stage.a_user("budi")
    stage.value(
        "SELECT api.request_refund(%s, 5000, p_way => 'transfer', p_actor_id => %s, p_reason => 'why')", payment, ani
    )
    stage.wait(1)
    return (
        stage.confirm_refund(payment, budi, paid=True),
        stage.confirm_refund(payment, budi, paid=False),
        stage.confirm_refund(payment, ani, paid=True),
        stage.refund_by("transfer", payment, budi, 5000),
        stage.refund_by("credit", payment, ani, 5000),
        stage.refund(payment, 5000),
        stage.end(session, "customer", customer),
        stage.reroute(session),
    )


def due_by_any_way(stage: Stage) -> Sequence[Command]:
    stage.a_mitra("m")
    customer = stage.named("c", stage.customer())
    payment = stage.a_failed_payment("p", customer)
    ani = stage.a_user("ani")
    return (
        stage.refund_by("provider", payment, ani),
        stage.refund_by("transfer", payment, ani),
        stage.refund_by("credit", payment, ani),
        stage.buy_by_credit(customer),
        stage.delete(customer),
    )


def balance_for_one_purchase(stage: Stage) -> Sequence[Command]:
    stage.a_mitra("m")
    customer = stage.named("c", stage.customer())
    payment = stage.a_credit("p", customer)
    link = stage.named("link", stage.payment(customer, stage.base))
    ani = stage.a_user("ani")
    return (
        stage.buy_by_credit(customer),
        stage.return_balance(customer),
        stage.confirm(link),
        stage.ask_for(customer),
        stage.delete(customer),
        stage.refund_by("transfer", payment, ani),
        stage.refund_by("credit", payment, ani),
    )


def balance_for_one_extension(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m")
    session, customer, payment = stage.a_running("", mitra)
    stage.value(
        "SELECT api.request_refund(%s, 5000, p_way => 'credit', p_customer_consented => true) ->> 'id'", payment
    )
    ani = stage.a_user("ani")
    return (
        stage.command(
            "extend by credit",
            "SELECT api.create_payment_request(%s, %s, true, %s, p_use_credit => true)",
            *(customer, stage.more, session),
        ),
        stage.return_balance(customer),
        stage.refund_by("credit", payment, ani, 4000),
        stage.reroute(session),
        stage.end(session, "customer", customer),
    )


def bought_by_credit(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m")
    customer = stage.named("c", stage.customer())
    stage.a_credit("old", customer)
    payment = stage.named(
        "p",
        stage.value(
            "SELECT (api.create_payment_request(%s, %s, p_anyone_available => true, p_use_credit => true)"
            " ->> 'id')::uuid",
            customer,
            stage.base,
        ),
    )
    session = stage.session_of("", payment)
    offer = stage.an_offer("", session, mitra)
    ani = stage.a_user("ani")
    return (
        stage.accept(offer, mitra),
        stage.cancel(session, customer),
        stage.refund_by("credit", payment, ani),
        stage.refund_by("transfer", payment, ani),
        stage.refund_by("provider", payment, ani),
        stage.passing(120),
    )
