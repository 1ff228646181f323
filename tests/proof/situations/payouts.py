"""Payouts: a period that is closed from two places, and what two users do with a payout while the money moves."""

from collections.abc import Sequence
from uuid import UUID

from tests.proof.interleavings import Command
from tests.proof.stage import Stage


def _an_ended(stage: Stage, name: str, mitra: UUID) -> tuple[UUID, UUID]:
    """A session that is over: itself, and its payment."""
    session, customer, payment = stage.a_running(name, mitra)
    stage.wait(30)
    stage.value("SELECT api.end_session(%s, 'customer', %s)", session, customer)
    return session, payment


def _close(stage: Stage, user: UUID, seconds: int) -> Command:
    """What another closing is busy with comes the next time; so the reply may lack it."""
    return Command(
        f"close until {seconds} s ago for {stage.names[user]}",
        "SELECT api.close_payout_period(proof.clock() - make_interval(secs => %s), %s)",
        (seconds, user),
        replies=False,
        comes_again=True,
    )


def payout_of_a_period(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m", slots=3)
    ani, budi = stage.a_user("ani"), stage.a_user("budi")
    _, payment = _an_ended(stage, "1", mitra)
    stage.wait(10)
    made = "SELECT (api.close_payout_period(proof.clock() - interval '1 second', %s) #>> '{items,0,id}')::uuid"
    payout = stage.named("payout", stage.value(made, ani))
    return (
        stage.command("ani pays", "SELECT api.mark_payout_paid(%s, 'F-1', %s)", payout, ani),
        stage.command("budi pays", "SELECT api.mark_payout_paid(%s, 'F-1', %s)", payout, budi),
        stage.command("ani fails", "SELECT api.mark_payout_failed(%s, 'why', %s)", payout, ani),
        stage.command("budi fails", "SELECT api.mark_payout_failed(%s, 'why', %s)", payout, budi),
        stage.command("budi holds", "SELECT api.hold_payout(%s, 'why', %s)", payout, budi),
        stage.command("budi releases", "SELECT api.release_payout(%s, %s)", payout, budi),
        _close(stage, budi, 0),
        stage.refund(payment, 5000),
    )


def earnings_in_no_payout(stage: Stage) -> Sequence[Command]:
    mitra = stage.a_mitra("m", slots=3)
    ani, budi = stage.a_user("ani"), stage.a_user("budi")
    _, payment = _an_ended(stage, "1", mitra)
    session, customer, _ = stage.a_running("2", mitra)
    stage.wait(30)
    return (
        _close(stage, ani, 1),
        _close(stage, budi, 1),
        _close(stage, budi, 2),
        stage.refund(payment, 5000),
        stage.end(session, "customer", customer),
        stage.reroute(session),
    )


def periods_of_a_mitra(stage: Stage) -> Sequence[Command]:
    """Two earnings, the second of which is in the later period only, and a period that is not gathered yet."""
    mitra = stage.a_mitra("m", slots=3)
    ani, budi = stage.a_user("ani"), stage.a_user("budi")
    _, payment = _an_ended(stage, "1", mitra)
    stage.wait(30)
    _an_ended(stage, "2", mitra)
    stage.wait(10)
    stage.value(
        "INSERT INTO core.payout_periods (until, actor_id) VALUES (proof.clock() - interval '25 s', %s) RETURNING 1",
        ani,
    )
    return (
        _close(stage, ani, 20),
        _close(stage, budi, 1),
        stage.gather_payouts,
        stage.refund(payment, 5000),
    )
