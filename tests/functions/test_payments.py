"""Money under many requests at once: one session a customer, one discount, one effect of a confirmation."""

from collections import Counter
from collections.abc import Callable
from uuid import UUID

import psycopg

from tests.support.people import People
from tests.support.together import Call, blocked, statement, together


def confirm(payment: UUID) -> Call[str]:
    return statement("SELECT api.confirm_payment(%s) ->> 'status'", payment)


def test_a_payment_confirmed_many_times_at_once_is_confirmed_once(
    people: People, role_url: Callable[[str], str]
) -> None:
    customer = people.customer()
    payment = people.payment(customer)

    outcomes = together(role_url("halo_dba"), [confirm(payment)] * 20)

    assert set(outcomes) == {"confirmed"}
    assert people.value("SELECT count(*) FROM core.chat_sessions WHERE customer_id = %s", customer) == 1
    assert people.column("SELECT frame ->> 'type' FROM api.events_after('customer', %s, 0)", customer) == [
        "payment_updated"
    ]
    people.assert_all_is_well()


def test_of_many_payments_of_a_customer_confirmed_at_once_one_opens_a_session_and_the_others_are_owed_back(
    people: People, role_url: Callable[[str], str]
) -> None:
    customer, package = people.customer(), people.package(price=10000, first_session_price=4000)
    payments = [people.payment(customer, package) for _ in range(12)]

    outcomes = together(role_url("halo_dba"), [confirm(payment) for payment in payments])

    assert Counter(outcomes) == {"confirmed": 1, "failed": 11}
    assert people.value("SELECT count(*) FROM core.chat_sessions WHERE customer_id = %s", customer) == 1
    assert people.value("SELECT held || ' ' || refund_due FROM ops.money_balance") == "4000 44000"
    people.assert_all_is_well()


def test_a_confirmation_and_a_cancellation_at_once_commute(people: People, role_url: Callable[[str], str]) -> None:
    for _ in range(15):
        customer = people.customer()
        payment = people.payment(customer)

        outcomes = together(
            people.url,
            [
                confirm(payment),
                statement("SELECT api.cancel_payment_request(%s, %s) ->> 'status'", payment, customer),
            ],
        )

        assert outcomes in (["confirmed", "INVALID_STATE"], ["failed", "cancelled"])
    people.assert_all_is_well()


def test_a_confirmation_and_the_end_of_the_link_at_once_commute(people: People, role_url: Callable[[str], str]) -> None:
    for _ in range(15):
        customer = people.customer()
        payment = people.payment(customer)
        ended = people.value(
            "UPDATE core.payment_requests SET expires_at = clock_timestamp() WHERE id = %s RETURNING expires_at",
            payment,
        )

        outcomes = together(
            people.url,
            [
                statement("SELECT api.confirm_payment(%s, %s) ->> 'status'", payment, ended),
                statement("SELECT count(*) FROM api.run_due()"),
                statement("SELECT expired FROM api.expire_stale_payment_requests()"),
            ],
        )

        assert outcomes[0] == "confirmed"
        assert people.value("SELECT status FROM core.payment_requests WHERE id = %s", payment) == "confirmed"
        assert people.value("SELECT count(*) FROM core.chat_sessions WHERE customer_id = %s", customer) == 1
    people.assert_all_is_well()


def test_requests_for_payment_at_once_open_one_search_when_pairing_comes_before_payment(
    people: People, role_url: Callable[[str], str]
) -> None:
    people.set("pairing_before_payment", True)
    customer, package = people.customer(), people.package()
    ask = statement(
        "SELECT api.create_payment_request(%s, %s, p_anyone_available => true) ->> 'status'", customer, package
    )

    outcomes = together(role_url("halo_app"), [ask] * 10)

    assert Counter(outcomes) == {"pending": 1, "SESSION_ALREADY_OPEN": 9}
    people.assert_all_is_well()


def test_a_request_for_payment_that_waited_for_a_confirmation_is_refused_with_session_already_open(
    people: People, role_url: Callable[[str], str], database_url: str
) -> None:
    customer = people.customer()
    payment, package = people.payment(customer), people.package()
    ask = statement("SELECT api.create_payment_request(%s, %s, p_anyone_available => true)", customer, package)
    with psycopg.connect(database_url) as other:
        other.execute("SELECT api.confirm_payment(%s)", [payment])
        with blocked(role_url("halo_app"), ask) as waiter:
            other.commit()

            assert waiter.outcome() == "SESSION_ALREADY_OPEN"
    people.assert_all_is_well()


def test_sweeps_at_once_reconcile_each_payment_once(people: People, role_url: Callable[[str], str]) -> None:
    customers = [people.customer() for _ in range(10)]
    for customer in customers:
        people.value(
            "UPDATE core.payment_requests SET status = 'confirmed', paid_at = now(), confirmed_at = now() WHERE id = %s"
            " RETURNING id",
            people.payment(customer),
        )

    outcomes = together(
        role_url("halo_listener"), [statement("SELECT reconciled FROM api.expire_stale_payment_requests()")] * 6
    )

    assert sum(int(outcome) for outcome in outcomes) == 10
    assert people.value("SELECT count(*) FROM core.chat_sessions WHERE status = 'searching'") == 10
    people.assert_all_is_well()
