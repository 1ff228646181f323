"""Searches, offers, and mitras whose slots are wanted twice."""

from collections.abc import Sequence

from tests.proof.interleavings import Command
from tests.proof.stage import Stage


def searching(stage: Stage) -> Sequence[Command]:
    one, two = stage.a_mitra("m1"), stage.a_mitra("m2")
    session, customer, payment = stage.a_search("")
    return (
        stage.blast(session, one, two),
        stage.blast_any(session),
        stage.cancel(session, customer),
        stage.refund(payment),
        stage.offline(one),
        stage.deactivate(one),
        stage.delete_mitra(one),
        stage.passing(120),
    )


def search_past_its_deadline(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m")
    session, customer, payment = stage.a_search("")
    stage.wait(120)
    return (
        stage.run_due,
        stage.blast(session, mitra),
        stage.cancel(session, customer),
        stage.refund(payment),
    )


def offered_to_two(stage: Stage) -> Sequence[Command]:
    one, two = stage.a_mitra("m1", slots=1), stage.a_mitra("m2")
    session, customer, payment = stage.a_search("")
    wave = stage.wave(session, [one, two])
    first, second = stage.named("o1", wave[one]), stage.named("o2", wave[two])
    return (
        stage.accept(first, one),
        stage.accept(second, two),
        stage.decline(first, one),
        stage.cancel(session, customer),
        stage.refund(payment),
        stage.offline(one),
        stage.deactivate(one),
        stage.passing(30),
    )


def offers_past_their_deadline(stage: Stage) -> Sequence[Command]:
    stage.set("missed_offers_before_offline", 1)
    one, two = stage.a_mitra("m1"), stage.a_mitra("m2")
    session, customer, _ = stage.a_search("")
    other, _, _ = stage.a_search("2")
    wave = stage.wave(session, [one, two])
    stage.named("o1", wave[one])
    stage.wait(15)
    late = stage.an_offer("2", other, one)
    stage.wait(16)
    return (
        stage.run_due,
        stage.cancel(session, customer),
        stage.accept(late, one),
        stage.decline(late, one),
        stage.offline(one),
        stage.deactivate(two),
    )


def two_sessions_for_one_slot(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m", slots=1)
    first, customer, _ = stage.a_search("1")
    second, _, _ = stage.a_search("2")
    one, two = stage.an_offer("1", first, mitra), stage.an_offer("2", second, mitra)
    return (
        stage.accept(one, mitra),
        stage.accept(two, mitra),
        stage.decline(one, mitra),
        stage.cancel(first, customer),
        stage.offline(mitra),
        stage.deactivate(mitra),
    )


def offer_of_a_full_mitra(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m", slots=1)
    running, party, _ = stage.a_running("1", mitra)
    stage.value("UPDATE core.mitras SET max_sessions = 2 WHERE id = %s RETURNING id", mitra)
    session, _, _ = stage.a_search("2")
    offer = stage.an_offer("2", session, mitra)
    stage.value("UPDATE core.mitras SET max_sessions = 1 WHERE id = %s RETURNING id", mitra)
    stage.value("SELECT core.withdraw_mitras(ARRAY[%s::uuid], 'full') IS NULL", mitra)
    return (
        stage.run_due,
        stage.accept(offer, mitra),
        stage.decline(offer, mitra),
        stage.end(running, "customer", party),
        stage.reroute(running),
        stage.deactivate(mitra),
    )


def slot_that_operators_take_away(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m", slots=2)
    first, customer, _ = stage.a_search("1")
    second, _, _ = stage.a_search("2")
    one = stage.an_offer("1", first, mitra)
    stage.an_offer("2", second, mitra)
    return (
        stage.limit(mitra, 1),
        stage.force_offline(mitra),
        stage.accept(one, mitra),
        stage.cancel(first, customer),
        stage.online(mitra),
        stage.deactivate(mitra),
        stage.run_due,
    )


def search_and_an_offer_for_one_slot(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m", slots=1)
    first, _, _ = stage.a_search("1")
    offer = stage.an_offer("1", first, mitra)
    second, customer, _ = stage.a_search("2")
    return (
        stage.accept(offer, mitra),
        stage.blast(second, mitra),
        stage.blast_any(second),
        stage.cancel(second, customer),
        stage.offline(mitra),
        stage.deactivate(mitra),
    )


def closing_and_an_offer_for_one_slot(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m", slots=1)
    closing, customer, _ = stage.a_running("1", mitra)
    payment = stage.an_extension_link("px", closing, customer, paid=True)
    stage.wait(900)
    stage.settle()
    stage.value("SELECT api.go_online(%s)", mitra)
    session, _, _ = stage.a_search("2")
    offer = stage.an_offer("2", session, mitra)
    return (
        stage.request(closing, customer, payment),
        stage.accept(offer, mitra),
        stage.end(closing, "mitra", mitra),
        stage.refund(payment),
        stage.offline(mitra),
        stage.passing(60),
    )
