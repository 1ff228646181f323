"""One Idempotency-Key sent by many at once has one effect."""

from collections import Counter
from collections.abc import Callable

import psycopg

from tests.support.people import People
from tests.support.together import Call, outcome_of, statement, together

CLAIM = "SELECT status FROM api.claim_idempotency_key('customer:1', 'POST', '/api/payment-requests', %s, 'body')"
STORE = "SELECT api.store_idempotent_reply('customer:1', 'POST', '/api/payment-requests', %s, 'body', 201, '{}')"


def test_while_a_request_is_worked_on_its_twin_is_refused_with_idempotency_in_progress(
    people: People, role_url: Callable[[str], str]
) -> None:
    with (
        psycopg.connect(role_url("halo_app")) as first,
        psycopg.connect(role_url("halo_app"), autocommit=True) as twin,
    ):
        assert first.execute(CLAIM, ["key"]).fetchone() is None
        assert outcome_of(statement(CLAIM, "key"), twin) == "IDEMPOTENCY_IN_PROGRESS"
        assert outcome_of(statement(CLAIM, "another key"), twin) is None
        first.execute(STORE, ["key"])
        first.commit()

        assert outcome_of(statement(CLAIM, "key"), twin) == 201


def test_a_request_that_failed_leaves_its_key_free(people: People, role_url: Callable[[str], str]) -> None:
    with psycopg.connect(role_url("halo_app")) as first:
        first.execute(CLAIM, ["key"])
        first.execute(STORE, ["key"])
        first.rollback()

    assert people.value(CLAIM, "key") is None


def test_of_many_twins_at_once_one_has_the_effect(people: People, role_url: Callable[[str], str]) -> None:
    customer, package = people.customer(), people.package()

    def ask(conn: psycopg.Connection) -> str:
        with conn.transaction():
            former = conn.execute(CLAIM, ["key"]).fetchone()
            if former is not None:
                return f"replayed {former[0]}"
            conn.execute("SELECT api.create_payment_request(%s, %s, p_anyone_available => true)", [customer, package])
            conn.execute(STORE, ["key"])
            return "made"

    twins: list[Call[str]] = [ask] * 20
    outcomes = together(role_url("halo_app"), twins)

    assert Counter(outcomes)["made"] == 1
    assert set(outcomes) <= {"made", "replayed 201", "IDEMPOTENCY_IN_PROGRESS"}
    assert people.value("SELECT count(*) FROM core.payment_requests WHERE customer_id = %s", customer) == 1
