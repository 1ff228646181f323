"""Bugs in what mitras earn and are paid, as `bugs.py` has those of everything else."""

from tests.proof.bugs import Bug

EARNING_BUGS = (
    Bug(
        "a period takes earnings that it has not locked",
        "earnings/lock_earnings.sql",
        "ORDER BY place.mitra_id, place.earning_id FOR NO KEY UPDATE SKIP LOCKED);",
        "ORDER BY place.mitra_id, place.earning_id);",
        ("earnings_in_no_payout",),
    ),
    Bug(
        "a mitra who was passed over does not come again",
        "earnings/gather_earnings.sql",
        "WHERE place.earning_id <> ALL (v_locked));",
        "WHERE false);",
        ("periods_of_a_mitra",),
    ),
    Bug(
        "who answers for a payout says that it was paid",
        "earnings/mark_payout_paid.sql",
        "PERFORM core.require_second_user(v_payout.actor_id, p_actor_id);",
        "",
        ("payout_of_a_period",),
    ),
    Bug(
        "a payout is judged before it is locked",
        "earnings/lock_payout.sql",
        "WHERE id = p_payout_id FOR NO KEY UPDATE;",
        "WHERE id = p_payout_id;",
        ("payout_of_a_period",),
    ),
    Bug(
        "what was in a payout that failed is not owed again",
        "earnings/mark_payout_failed.sql",
        "UPDATE core.earning_payouts SET payout_id = NULL WHERE payout_id = p_payout_id;",
        "",
        ("payout_of_a_period",),
    ),
    Bug(
        "a later refund earns the whole share again",
        "earnings/settle_earnings.sql",
        "due.amount - coalesce(written.amount, 0),",
        "due.amount,",
        ("payout_of_a_period",),
    ),
    Bug(
        "a period gathers what was earned after its end",
        "earnings/gather_earnings.sql",
        "WHERE earning.at < p_period.until);",
        ");",
    ),
    Bug(
        "a payout that is released keeps its first user",
        "earnings/release_payout.sql",
        "v_payout.actor_id := p_actor_id;",
        "NULL;",
        seed=11,
    ),
    Bug("the share is rounded down", "earnings/mitra_shares.sql", "ceil(money.kept", "floor(money.kept"),
)
