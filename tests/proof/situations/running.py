"""Sessions that run, are prolonged, close, or are taken to another mitra."""

from collections.abc import Sequence

from tests.proof.interleavings import Command
from tests.proof.stage import Stage


def active(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m")
    session, customer, _ = stage.a_running("", mitra)
    paid = stage.an_extension_link("px", session, customer, paid=True)
    link = stage.an_extension_link("py", session, customer, paid=False)
    stage.wait(100)
    return (
        stage.end(session, "customer", customer),
        stage.end(session, "mitra", mitra),
        stage.request(session, customer, paid),
        stage.confirm(link),
        stage.take_back(link, customer),
        stage.refund(paid),
        stage.reroute(session),
        stage.sensitive(session, mitra),
        stage.deactivate(mitra),
        stage.passing(800),
    )


def talking(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m")
    session, customer, _ = stage.a_running("", mitra)
    paid = stage.an_extension_link("px", session, customer, paid=True)
    stage.value("SELECT is_repeat FROM api.send_message(%s, 'customer', %s, 'first', 'Hello')", session, customer)
    return (
        stage.say(session, "customer", customer, "one"),
        stage.say(session, "mitra", mitra, "two"),
        stage.say_together(session, "mitra", mitra, "two"),
        stage.say_together(session, "customer", customer, "three"),
        stage.delivered(session, "mitra", mitra, 1),
        stage.read(session, "mitra", mitra, 1),
        stage.end(session, "customer", customer),
        stage.request(session, customer, paid),
        stage.passing(900),
    )


def two_running_with_one_mitra(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m")
    first, customer, _ = stage.a_running("1", mitra)
    second, other, _ = stage.a_running("2", mitra)
    return (
        stage.end(first, "customer", customer),
        stage.end(second, "customer", other),
        stage.reroute(second),
        stage.deactivate(mitra),
    )


def two_past_their_end_with_one_mitra(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m")
    for number in "12":
        stage.a_running(number, mitra)
    stage.wait(840)
    stage.settle()
    stage.wait(60)
    return (stage.run_due, stage.deactivate(mitra))


def active_past_its_end(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m")
    session, customer, _ = stage.a_running("", mitra)
    paid = stage.an_extension_link("px", session, customer, paid=True)
    stage.wait(899)
    stage.settle()
    stage.wait(1)
    return (
        stage.run_due,
        stage.end(session, "customer", customer),
        stage.request(session, customer, paid),
        stage.refund(paid),
        stage.reroute(session),
        stage.deactivate(mitra),
    )


def extending(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m", slots=1)
    session, customer, extension, payment = stage.an_extending("", mitra)
    return (
        stage.answer(extension, session, mitra, True),
        stage.answer(extension, session, mitra, False),
        stage.end(session, "customer", customer),
        stage.end(session, "cc", None),
        stage.reroute(session),
        stage.deactivate(mitra),
        stage.refund(payment),
        stage.passing(60),
    )


def extending_past_its_deadline(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m", slots=1)
    session, _, extension, _ = stage.an_extending("", mitra)
    stage.wait(70)
    return (
        stage.run_due,
        stage.settle_as(extension, True),
        stage.settle_as(extension, False),
        stage.settle_as(extension, None),
        stage.online(mitra),
        stage.answer(extension, session, mitra, True),
        stage.end(session, "mitra", mitra),
        stage.reroute(session),
        stage.deactivate(mitra),
    )


def closing(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m", slots=1)
    session, customer, _ = stage.a_running("", mitra)
    paid = stage.an_extension_link("px", session, customer, paid=True)
    stage.wait(900)
    stage.settle()
    return (
        stage.end(session, "customer", customer),
        stage.end(session, "mitra", mitra),
        stage.request(session, customer, paid),
        stage.refund(paid),
        stage.ask_for(customer),
        stage.deactivate(mitra),
        stage.passing(60),
    )


def closing_past_its_grace(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m", slots=1)
    session, customer, payment = stage.a_search("")
    offer = stage.an_offer("", session, mitra)
    stage.set("payment_request_ttl_seconds", 2000)
    second = stage.named(
        "p2",
        stage.value(
            "INSERT INTO core.payment_requests (customer_id, package_id, duration_minutes, amount, expires_at)"
            " VALUES (%s, %s, 15, 15000, proof.clock() + interval '2000 s') RETURNING id",
            customer,
            stage.base,
        ),
    )
    stage.value("SELECT api.accept_offer(%s, %s)", offer, mitra)
    paid = stage.an_extension_link("px", session, customer, paid=True)
    stage.wait(900)
    stage.settle()
    stage.wait(60)
    return (
        stage.run_due,
        stage.end(session, "customer", customer),
        stage.request(session, customer, paid),
        stage.ask_for(customer),
        stage.confirm(second),
        stage.rate(session, customer),
        stage.delete(customer),
        stage.refund(payment, 1000),
    )


def rerouted(stage: Stage) -> Sequence[Command]:
    one, two = stage.a_mitra("m1"), stage.a_mitra("m2")
    session, customer, payment = stage.a_running("", one)
    stage.wait(300)
    stage.value("SELECT api.reroute_session(%s)", session)
    offer = stage.an_offer("2", session, two)
    return (
        stage.accept(offer, two),
        stage.decline(offer, two),
        stage.cancel(session, customer),
        stage.refund(payment, 6000),
        stage.end(session, "cc", None),
        stage.offline(two),
        stage.passing(30),
    )


def rerouted_past_its_deadline(stage: Stage) -> Sequence[Command]:
    one, two = stage.a_mitra("m1"), stage.a_mitra("m2")
    session, customer, payment = stage.a_running("", one)
    stage.wait(300)
    stage.value("SELECT api.reroute_session(%s)", session)
    stage.wait(120)
    return (
        stage.run_due,
        stage.blast(session, one, two),
        stage.cancel(session, customer),
        stage.refund(payment, 6000),
    )


def active_with_a_deactivated_mitra(stage: Stage) -> Sequence[Command]:
    stage.set("deactivation_session_policy", "reroute")
    mitra = stage.a_mitra("m")
    session, customer, _ = stage.a_running("", mitra)
    paid = stage.an_extension_link("px", session, customer, paid=True)
    stage.value("SELECT api.deactivate_mitra(%s)", mitra)
    return (
        stage.run_due,
        stage.end(session, "customer", customer),
        stage.reroute(session),
        stage.activate(mitra),
        stage.request(session, customer, paid),
        stage.passing(900),
    )


def extending_with_a_deactivated_mitra(stage: Stage) -> Sequence[Command]:
    stage.set("deactivation_session_policy", "reroute")
    mitra = stage.a_mitra("m")
    session, _, extension, _ = stage.an_extending("", mitra)
    stage.wait(60)
    stage.value("SELECT api.deactivate_mitra(%s)", mitra)
    return (
        stage.run_due,
        stage.end(session, "cc", None),
        stage.reroute(session),
        stage.activate(mitra),
        stage.settle_as(extension, False),
    )


def mitra_who_has_not_written(stage: Stage) -> Sequence[Command]:
    stage.set("first_reply_seconds", 60)
    mitra = stage.a_mitra("m")
    session, customer, _ = stage.a_running("", mitra)
    stage.wait(60)
    return (
        stage.end_unanswered(session, customer),
        stage.leave(session, customer),
        stage.say(session, "mitra", mitra, "k"),
        stage.say(session, "customer", customer, "q"),
        stage.run_due,
        stage.end(session, "mitra", mitra),
        stage.reroute(session),
        stage.deactivate(mitra),
        stage.passing(840),
    )


def mitra_who_has_not_written_to_a_customer_who_asks_for_more(stage: Stage) -> Sequence[Command]:
    stage.set("first_reply_seconds", 60)
    mitra = stage.a_mitra("m")
    session, customer, _ = stage.a_running("", mitra)
    payment = stage.an_extension_link("px", session, customer, paid=True)
    stage.wait(50)
    return (
        stage.request(session, customer, payment),
        stage.end_unanswered(session, customer),
        stage.leave(session, customer),
        stage.run_due,
        stage.passing(20),
    )
