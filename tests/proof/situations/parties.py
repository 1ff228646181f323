"""What parties do about each other: blocks while offers are out, reports while sessions run."""

from collections.abc import Sequence

from tests.proof.interleavings import Command
from tests.proof.stage import Stage


def search_after_a_session(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m")
    former, customer, _ = stage.a_running("1", mitra)
    stage.value("SELECT api.end_session(%s, 'customer', %s)", former, customer)
    payment = stage.named("p2", stage.payment(customer, stage.base))
    stage.value("SELECT api.confirm_payment(%s)", payment)
    session = stage.session_of("2", payment)
    return (
        stage.block(former, "customer", customer),
        stage.block(former, "mitra", mitra),
        stage.unblock(former, "customer", customer),
        stage.blast(session, mitra),
        stage.blast_any(session),
        stage.cancel(session, customer),
        stage.report(former, "customer", customer),
    )


def blocked_while_offers_are_out(stage: Stage) -> Sequence[Command]:
    mitra, other = stage.a_mitra("m"), stage.a_mitra("m2")
    former, customer, _ = stage.a_running("1", mitra)
    stage.value("SELECT api.end_session(%s, 'customer', %s)", former, customer)
    payment = stage.named("p2", stage.payment(customer, stage.base))
    stage.value("SELECT api.confirm_payment(%s)", payment)
    session = stage.session_of("2", payment)
    wave = stage.wave(session, [mitra, other])
    offer = stage.named("o", wave[mitra])
    stage.named("o2", wave[other])
    return (
        stage.block(former, "customer", customer),
        stage.block(former, "mitra", mitra),
        stage.accept(offer, mitra),
        stage.accept(wave[other], other),
        stage.decline(offer, mitra),
        stage.cancel(session, customer),
        stage.deactivate(mitra),
        stage.passing(30),
    )


def reported_mitra(stage: Stage) -> Sequence[Command]:
    stage.set("reports_before_hold", 2)
    mitra = stage.a_mitra("m")
    first, customer, _ = stage.a_running("1", mitra)
    second, another, _ = stage.a_running("2", mitra)
    report = stage.a_report("r", first, customer)
    waiting, _, _ = stage.a_search("3")
    return (
        stage.report(second, "customer", another),
        stage.report(second, "mitra", mitra),
        stage.decide(report, "upheld"),
        stage.decide(report, "dismissed"),
        stage.blast(waiting, mitra),
        stage.block(second, "customer", another),
        stage.end(second, "mitra", mitra),
        stage.reroute(second),
        stage.deactivate(mitra),
    )
