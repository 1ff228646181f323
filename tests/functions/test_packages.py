"""Operators who change a price at the same moment, and customers who buy meanwhile."""

from collections import Counter
from collections.abc import Callable

import psycopg

from tests.support.people import People
from tests.support.together import blocked, outcome_of, statement, together

CHANGE = "SELECT api.create_package_version(%s, %s, p_version => %s) ->> 'replaces'"
ASK = "SELECT (api.create_payment_request(%s, %s, p_anyone_available => true) ->> 'amount')::integer"


def test_of_many_operators_who_change_a_price_at_once_one_does(people: People, role_url: Callable[[str], str]) -> None:
    package = people.package(price=15000)

    versioned = together(role_url("halo_cc"), [statement(CHANGE, package, 20000 + n, 1) for n in range(10)])
    assert Counter(versioned) == {str(package): 1, "VERSION_MISMATCH": 9}

    newest = people.value("SELECT id FROM core.price_packages WHERE is_active")
    unversioned = together(role_url("halo_cc"), [statement(CHANGE, newest, 30000 + n, None) for n in range(10)])
    assert Counter(unversioned) == {str(newest): 1, "PACKAGE_REPLACED": 9}

    prices = people.column("SELECT price / 10000 FROM core.price_packages ORDER BY is_active, price")
    assert prices == [1, 2, 3]
    people.assert_all_is_well()


def test_of_a_new_price_and_a_switch_at_once_neither_brings_an_old_price_back(
    people: People, role_url: Callable[[str], str]
) -> None:
    for _ in range(10):
        package = people.package()
        switch = "SELECT api.set_package_active(%s, true) ->> 'is_active'"
        changed, switched = together(
            role_url("halo_cc"), [statement(CHANGE, package, 20000, None), statement(switch, package)]
        )
        assert changed == str(package)
        assert switched in ("true", "PACKAGE_REPLACED")
        assert people.value("SELECT is_active FROM core.price_packages WHERE id = %s", package) is False
    people.assert_all_is_well()


def test_a_customer_buys_at_the_old_price_until_the_new_one_is_committed_and_never_waits(
    people: People, role_url: Callable[[str], str]
) -> None:
    package, customers = people.package(price=15000), [people.customer() for _ in range(2)]
    with (
        psycopg.connect(role_url("halo_cc")) as operator,
        psycopg.connect(role_url("halo_app"), autocommit=True) as app,
    ):
        operator.execute(CHANGE, [package, 20000, 1])
        assert outcome_of(statement(ASK, customers[0], package), app) == 15000
        operator.commit()
        assert outcome_of(statement(ASK, customers[1], package), app) == "PACKAGE_REPLACED"

        # and no operator waits for a customer who is about to buy
        newest = people.value("SELECT id FROM core.price_packages WHERE is_active")
        with app.transaction():
            assert outcome_of(statement(ASK, customers[1], newest), app) == 20000
            assert outcome_of(statement(CHANGE, newest, 25000, 1), operator) == str(newest)
            operator.commit()
    people.assert_all_is_well()


def test_an_operator_waits_for_another_and_judges_what_became_of_it(
    people: People, role_url: Callable[[str], str]
) -> None:
    package = people.package()
    with psycopg.connect(role_url("halo_cc")) as first:
        first.execute(CHANGE, [package, 20000, 1])
        with blocked(role_url("halo_cc"), statement(CHANGE, package, 21000, 1)) as second:
            first.commit()
            assert second.outcome() == "VERSION_MISMATCH"
    with psycopg.connect(role_url("halo_cc")) as first:
        newest = people.value("SELECT id FROM core.price_packages WHERE is_active")
        first.execute(CHANGE, [newest, 22000, 1])
        with blocked(role_url("halo_cc"), statement(CHANGE, newest, 23000, 1)) as second:
            first.rollback()
            assert second.outcome() == str(newest)
