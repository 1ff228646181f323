"""Parties that are gone, and may be back any moment."""

from collections.abc import Sequence

from tests.proof.interleavings import Command
from tests.proof.stage import Stage


def customer_gone_from_a_search(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m")
    session, customer, payment = stage.a_search("")
    offer = stage.an_offer("", session, mitra)
    stage.value("UPDATE core.chat_sessions SET pairing_deadline = pairing_deadline + interval '1 hour' RETURNING id")
    stage.value("UPDATE core.pairing_offers SET expires_at = expires_at + interval '1 hour' RETURNING id")
    stage.missed(session, "customer", customer, 120)
    stage.value(
        "SELECT 1 FROM api.note_presence(ARRAY[%s], ARRAY['customer'], ARRAY[%s], ARRAY[false])", session, customer
    )
    return (
        stage.run_due,
        stage.accept(offer, mitra),
        stage.decline(offer, mitra),
        stage.cancel(session, customer),
        stage.refund(payment),
        stage.note(session, "customer", customer, connected=True),
    )


def mitra_missed_too_long(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m")
    session, customer, _ = stage.a_running("", mitra)
    paid = stage.an_extension_link("px", session, customer, paid=True)
    stage.missed(session, "mitra", mitra, 60)
    return (
        stage.note(session, "mitra", mitra, connected=False),
        stage.leave(session, customer),
        stage.end(session, "customer", customer),
        stage.request(session, customer, paid),
        stage.deactivate(mitra),
    )


def mitra_gone_and_its_time_given_back(stage: Stage) -> Sequence[Command]:
    stage.set("outage_credit_policy", "credit")
    mitra = stage.a_mitra("m")
    session, customer, _ = stage.a_running("", mitra)
    paid = stage.an_extension_link("px", session, customer, paid=True)
    stage.missed(session, "mitra", mitra, 60)
    for connected in (False, True, False):
        stage.value(
            "SELECT 1 FROM api.note_presence(ARRAY[%s], ARRAY['mitra'], ARRAY[%s], ARRAY[%s])",
            session,
            mitra,
            connected,
        )
    stage.wait(100)
    stage.value("SELECT 1 FROM api.note_presence(ARRAY[%s], ARRAY['mitra'], ARRAY[%s], ARRAY[false])", session, mitra)
    return (
        stage.run_due,
        stage.note(session, "mitra", mitra, connected=True),
        stage.leave(session, customer),
        stage.end(session, "customer", customer),
        stage.request(session, customer, paid),
        stage.reroute(session),
        stage.passing(900),
    )
