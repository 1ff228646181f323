"""Many thousand random operations from four connections, and all is well after them."""

from collections import Counter

import psycopg
import pytest

from tests.proof.operations import is_operation, play
from tests.proof.sizes import OPERATIONS
from tests.support.market import PASSWORD_HASH
from tests.support.moves import MOVES
from tests.support.people import People
from tests.support.sizes import IS_PROOF, TURN, TURNS

pytestmark = pytest.mark.grows

CONNECTIONS = 4
MITRAS = 8
CUSTOMERS = 24

DUE = {
    "absence",
    "closure",
    "expiry",
    "extension",
    "first_reply",
    "offer",
    "pairing",
    "payment",
    "reroute",
    "silence",
    "warning",
    "withdrawal",
}

WRONGLY_EARNED = """
    SELECT session.id FROM core.chat_sessions AS session
    WHERE session.status IN ('completed', 'cancelled', 'failed') AND coalesce(
        (SELECT sum(earning.amount) FROM core.mitra_earnings AS earning WHERE earning.session_id = session.id), 0
    ) <> coalesce(
        (SELECT (sum(payment.amount - payment.refund_due_amount - payment.refunded_amount - payment.credited_amount)
                * session.mitra_share_percent + 99)::bigint / 100
         FROM core.payment_requests AS payment
         WHERE payment.session_id = session.id AND payment.status = 'consumed'), 0)
"""
"""Sessions that are over whose mitras have not, all together, their share of what it keeps, rounded up."""


def test_many_thousand_operations_break_no_invariant_and_lose_no_rupiah(
    conn: psycopg.Connection, database_url: str
) -> None:
    people = People(conn)
    for rule in ("closure_grace_seconds", "customer_absence_seconds", "mitra_absence_seconds"):
        people.set(rule, 1)
    people.set("outage_credit_policy", "credit")
    for _ in range(MITRAS):
        people.mitra()
    for _ in range(CUSTOMERS):
        people.customer()
    for name in ("ayu", "budi", "citra"):
        people.value("SELECT api.create_admin(%s, 'Ayu', %s)", f"{name}@example.com", PASSWORD_HASH)
    people.package(price=10000, minutes=15, first_session_price=4000)
    people.package(price=5000, minutes=10, is_extension=True)

    done = play(database_url, operations=OPERATIONS, connections=CONNECTIONS, seed=TURN - 1)

    happened: Counter[str] = Counter()
    for (move, _), times in done.items():
        happened[move] += times
    assert {came_of_it for _, came_of_it in done if came_of_it.startswith("fault")} == set()
    if IS_PROOF and TURNS == 1:  # what is rare does not come among fewer
        assert happened.keys() == MOVES.keys()
        assert {kind for move, kind in done if move == "run_due"} == DUE
    assert sum(times for move, times in happened.items() if is_operation(move)) == OPERATIONS
    answered = sum(times for (move, word), times in done.items() if is_operation(move) and not word.isupper())
    assert answered > OPERATIONS / 2
    people.settle()
    people.assert_all_is_well()
    assert people.column(WRONGLY_EARNED) == []
    paid_out = people.value("SELECT count(*) FILTER (WHERE status = 'paid') FROM core.payouts WHERE amount > 0")
    assert paid_out > 0
    assert people.value("SELECT count(*) FROM core.payouts WHERE amount <= 0") == 0
