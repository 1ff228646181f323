"""Refunds by transfer and by credit, and balances, under many requests at once."""

from collections import Counter
from uuid import UUID

import psycopg
import pytest

from tests.support.people import People
from tests.support.together import Call, blocked, statement, together


@pytest.fixture
def customer(people: People) -> UUID:
    people.mitra()
    return people.customer()


def credit(payment: UUID) -> Call[str]:
    return statement(
        "SELECT api.request_refund(%s, p_way => 'credit', p_customer_consented => true) ->> 'refund_status'", payment
    )


def buy(customer: UUID, package: UUID) -> Call[str]:
    return statement(
        "SELECT api.create_payment_request(%s, %s, p_anyone_available => true, p_use_credit => true) ->> 'provider'",
        customer,
        package,
    )


def user(people: People, name: str) -> UUID:
    made = people.value("SELECT (api.create_admin(%s, %s, '$argon2id$none', 'finance') ->> 'id')::uuid", name, name)
    assert isinstance(made, UUID)
    return made


def test_a_transfer_that_many_confirm_at_once_is_paid_once(people: People, customer: UUID) -> None:
    payment = people.owed(customer)
    ani, budi = user(people, "ani@example.com"), user(people, "budi@example.com")
    people.value(
        "SELECT api.request_refund(%s, p_reason => 'no account', p_way => 'transfer', p_actor_id => %s)", payment, ani
    )

    def confirm(by: UUID, paid: bool) -> Call[str]:
        return statement(
            "SELECT api.confirm_refund(%s, %s, 'BCA', 'T1', clock_timestamp(), 'why', %s) ->> 'refund_status'",
            *(payment, paid, by),
        )

    outcomes = together(people.url, [confirm(budi, True)] * 8 + [confirm(ani, True)] * 4)

    assert Counter(outcomes[:8]) == {"refunded": 1, "INVALID_STATE": 7}
    assert set(outcomes[8:]) <= {"INVALID_STATE", "SECOND_USER_REQUIRED"}
    assert people.value("SELECT refunded_amount FROM core.payment_requests WHERE id = %s", payment) == 50_000
    people.assert_all_is_well()


def test_who_is_deactivated_while_the_row_is_held_confirms_nothing(people: People, customer: UUID) -> None:
    payment = people.owed(customer)
    ani, budi = user(people, "ani@example.com"), user(people, "budi@example.com")
    people.value(
        "SELECT api.request_refund(%s, p_reason => 'no account', p_way => 'transfer', p_actor_id => %s)", payment, ani
    )
    confirm = statement(
        "SELECT api.confirm_refund(%s, true, 'BCA', 'T1', clock_timestamp(), NULL, %s) ->> 'refund_status'",
        *(payment, budi),
    )

    with psycopg.connect(people.url) as holder:
        holder.execute("SELECT FROM core.payment_requests WHERE id = %s FOR NO KEY UPDATE", [payment])
        with blocked(people.url, confirm) as waiter:
            people.value("UPDATE core.control_center_users SET is_active = false WHERE id = %s RETURNING id", budi)
            holder.rollback()

            assert waiter.outcome() == "SECOND_USER_REQUIRED"
    people.assert_all_is_well()


def test_what_is_due_becomes_credit_once(people: People, customer: UUID) -> None:
    payment = people.owed(customer)

    outcomes = together(people.url, [credit(payment)] * 12)

    assert Counter(outcomes) == {"refunded": 1, "INVALID_STATE": 11}
    assert people.value("SELECT core.balance(%s)", customer) == 50_000
    people.assert_all_is_well()


def test_a_balance_is_spent_or_returned_once(people: People, customer: UUID) -> None:
    package = people.package(price=50_000)
    for _ in range(10):
        payment = people.owed(customer)
        people.value("SELECT api.request_refund(%s, p_way => 'credit', p_customer_consented => true)", payment)
        returned = statement("SELECT api.return_balance(%s) ->> 'returned'", customer)

        outcomes = together(people.url, [buy(customer, package)] * 4 + [returned] * 2)

        assert outcomes.count("credit") + outcomes.count("50000") == 1, outcomes
        assert people.value("SELECT core.balance(%s)", customer) == 0
        people.value(
            "SELECT count(api.cancel_session(id, customer_id)) FROM core.chat_sessions"
            " WHERE customer_id = %s AND status = 'searching'",
            customer,
        )
        people.value(
            "SELECT count(api.request_refund(id, p_way => 'transfer')) FROM core.payment_requests"
            " WHERE customer_id = %s AND refund_status = 'due'",
            customer,
        )
    people.assert_all_is_well()


def test_who_buys_an_extension_many_times_at_once_pays_for_one_from_a_balance_for_one(people: People) -> None:
    mitra, customer = people.mitra(), people.customer()
    session = people.session(mitra, customer)
    payment = people.value("SELECT id FROM core.payment_requests WHERE session_id = %s", session)
    package = people.package(price=5_000, is_extension=True)
    people.value("SELECT api.request_refund(%s, 9000, p_way => 'credit', p_customer_consented => true)", payment)
    extend = statement(
        "SELECT api.create_payment_request(%s, %s, true, %s, p_use_credit => true) ->> 'provider'",
        *(customer, package, session),
    )

    assert Counter(together(people.url, [extend] * 8)) == {"credit": 1, "manual": 7}
    assert people.value("SELECT core.balance(%s)", customer) == 4_000
    people.assert_all_is_well()


def test_a_customer_who_leaves_while_money_becomes_credit_leaves_nothing_behind(people: People) -> None:
    people.mitra()
    for _ in range(8):
        customer = people.customer()
        payment = people.owed(customer)

        left, credited = together(
            people.url,
            [statement("SELECT api.delete_customer(%s)::text", customer), credit(payment)],
        )

        assert (left, credited) == ("INVALID_STATE", "refunded")
    people.assert_all_is_well()
