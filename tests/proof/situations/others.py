"""Refunds, events on their way, and mitras who come and go."""

from collections.abc import Sequence

from tests.proof.interleavings import Command
from tests.proof.stage import Stage


def events_to_dispatch(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m")
    session, customer, _ = stage.a_search("")
    offer = stage.an_offer("", session, mitra)
    return (stage.dispatch, stage.accept(offer, mitra), stage.cancel(session, customer))


def refund_under_way(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m")
    session, customer, payment = stage.a_running("", mitra)
    refund = stage.a_refund("r", payment, 5000)
    stage.wait(61)
    return (
        stage.send_refunds,
        stage.record(refund, "succeeded"),
        stage.record(refund, "failed"),
        stage.record(refund, "unanswered"),
        stage.refund(payment, 5000),
        stage.refund_webhook(refund),
        stage.end(session, "customer", customer),
        stage.reroute(session),
    )


def refund_unanswered(stage: Stage) -> Sequence[Command]:
    customer = stage.named("c", stage.customer())
    payment = stage.named("p", stage.payment(customer, stage.base))
    stage.value("SELECT api.confirm_payment(%s)", payment)
    session = stage.session_of("", payment)
    stage.value("SELECT api.cancel_session(%s, %s)", session, customer)
    refund = stage.a_refund("r", payment, None)
    stage.value("SELECT api.record_refund(%s, 'unanswered')", refund)
    stage.wait(1)
    return (
        stage.refund(payment),
        stage.record(refund, "succeeded"),
        stage.record(refund, "failed"),
        stage.confirm(payment),
    )


def mitra_alone(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m")
    phone = stage.value("SELECT phone FROM core.mitras WHERE id = %s", mitra)
    stage.value("SELECT api.request_otp(%s, 'mitra', 'code', 'here')", phone)
    login = stage.named(
        "login", stage.value("SELECT auth_session_id FROM api.verify_otp(%s, 'mitra', 'code', 'token', 'here')", phone)
    )
    stage.value("SELECT api.request_otp(%s, 'mitra', 'code', 'here')", phone)
    stage.wait(90)
    return (
        stage.offline(mitra),
        stage.force_offline(mitra),
        stage.auto_offline(mitra),
        stage.deactivate(mitra),
        stage.delete_mitra(mitra),
        stage.command("beat", "SELECT api.record_heartbeat(%s)", mitra),
        stage.command("copy a beat of", "SELECT api.copy_heartbeats(ARRAY[%s], ARRAY[proof.clock()])", mitra),
        stage.command("note a beat of", "SELECT api.note_heartbeats(ARRAY[%s])", mitra),
        Command("log in", "SELECT refusal FROM api.verify_otp(%s, 'mitra', 'code', 'another', 'here')", (phone,)),
        Command("refresh", "SELECT refusal FROM api.refresh_login('token', 1, 'newer')"),
        stage.command("log out", "SELECT api.logout(%s)", login),
    )


def mitra_offline_and_deactivated(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m")
    stage.value("SELECT api.deactivate_mitra(%s)", mitra)
    return (stage.online(mitra), stage.activate(mitra), stage.deactivate(mitra), stage.offline(mitra))
