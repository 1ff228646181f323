"""Refresh tokens and codes under many requests at once."""

from collections import Counter
from collections.abc import Callable

import psycopg

from tests.support.people import People
from tests.support.together import Call, blocked, statement, together


def refresh(token: bytes, new: bytes) -> Call[str]:
    """Exchange a token for the first generation of its successor, as derived by the caller."""

    def run(conn: psycopg.Connection) -> str:
        row = conn.execute(
            "SELECT coalesce(refusal, generation || ' ' || encode(successor_hash, 'escape'))"
            " FROM api.refresh_login(%s, 1, %s)",
            [token, new],
        ).fetchone()
        assert row is not None
        return str(row[0])

    return run


def live_logins(people: People) -> list[bytes]:
    return [
        bytes(token) for token in people.column("SELECT token_hash FROM core.auth_sessions WHERE revoked_at IS NULL")
    ]


def test_fifty_refreshes_at_once_get_one_live_token(people: People, role_url: Callable[[str], str]) -> None:
    people.value("SELECT user_id FROM api.register_anonymous_customer('first')")
    derived = [f"secret {number % 2}".encode() for number in range(50)]  # by instances with different secrets

    outcomes = together(role_url("halo_app"), [refresh(b"first", token) for token in derived])

    (live,) = live_logins(people)
    assert live in derived
    assert Counter(outcomes) == {f"1 {live.decode()}": 50}


def test_a_token_used_again_later_kills_its_family_and_no_other(people: People, role_url: Callable[[str], str]) -> None:
    customer = people.value("SELECT user_id FROM api.register_anonymous_customer('first')")
    people.value("SELECT user_id FROM api.register_anonymous_customer('another')")
    for token, new in ((b"first", b"second"), (b"second", b"third")):
        together(role_url("halo_app"), [refresh(token, new)])
    people.value("UPDATE core.auth_sessions SET refreshed_at = refreshed_at - interval '30 seconds' RETURNING id")

    outcomes = together(role_url("halo_app"), [refresh(b"first", b"stolen")] * 8)

    assert outcomes == ["UNAUTHENTICATED"] * 8
    assert live_logins(people) == [b"another"]
    told = people.column("SELECT frame ->> 'type' FROM api.events_after('customer', %s, 0)", customer)
    assert told == ["signed_out"]


def test_of_a_hundred_guesses_at_once_at_most_ten_are_looked_at(people: People, role_url: Callable[[str], str]) -> None:
    people.value("SELECT api.request_otp('+628111111111', 'customer', 'right', 'here')")

    def guess(number: int, code: bytes) -> Call[str]:
        return statement(
            "SELECT coalesce(refusal, 'welcome') FROM api.verify_otp('+628111111111', 'customer', %s, %s, %s)",
            code,
            code,
            "here" if number % 2 else f"address {number}",
        )

    outcomes = together(role_url("halo_app"), [guess(number, f"wrong {number}".encode()) for number in range(100)])

    assert set(outcomes) == {"OTP_INVALID"}
    assert people.value("SELECT tries || ' ' || other_tries FROM core.otp_challenges") == "5 5"
    assert together(role_url("halo_app"), [guess(1, b"right"), guess(2, b"right")]) == ["OTP_INVALID"] * 2
    assert people.value("SELECT count(*) FROM core.customers") == 0


def test_the_right_code_given_many_times_at_once_lets_in_once(people: People, role_url: Callable[[str], str]) -> None:
    people.value("SELECT api.request_otp('+628111111111', 'customer', 'right', 'here')")
    outcomes = together(
        role_url("halo_app"),
        [
            statement(
                "SELECT coalesce(refusal, 'welcome')"
                " FROM api.verify_otp('+628111111111', 'customer', 'right', %s, 'here')",
                f"token {number}".encode(),
            )
            for number in range(20)
        ],
    )

    assert Counter(outcomes) == {"welcome": 1, "OTP_INVALID": 19}
    assert people.value("SELECT count(*) FROM core.customers") == 1


def test_a_login_that_waited_for_a_deactivation_is_refused(
    people: People, role_url: Callable[[str], str], database_url: str
) -> None:
    mitra = people.mitra()
    phone = people.value("SELECT phone FROM core.mitras WHERE id = %s", mitra)
    people.value("SELECT api.request_otp(%s, 'mitra', 'right', 'here')", phone)
    login = statement("SELECT refusal FROM api.verify_otp(%s, 'mitra', 'right', 'token', 'here')", phone)
    with psycopg.connect(database_url) as other:
        other.execute("SELECT api.deactivate_mitra(%s)", [mitra])
        with blocked(role_url("halo_app"), login) as waiter:
            other.commit()

            assert waiter.outcome() == "MITRA_DEACTIVATED"
    assert live_logins(people) == []


def test_a_refresh_that_waited_for_a_deactivation_is_refused(
    people: People, role_url: Callable[[str], str], database_url: str
) -> None:
    mitra = people.mitra()
    phone = people.value("SELECT phone FROM core.mitras WHERE id = %s", mitra)
    people.value("SELECT api.request_otp(%s, 'mitra', 'right', 'here')", phone)
    people.value("SELECT api.verify_otp(%s, 'mitra', 'right', 'token', 'here')", phone)
    with psycopg.connect(database_url) as other:
        other.execute("SELECT api.deactivate_mitra(%s)", [mitra])
        with blocked(role_url("halo_app"), refresh(b"token", b"new")) as waiter:
            other.commit()

            assert waiter.outcome() == "MITRA_DEACTIVATED"
    assert live_logins(people) == []


def test_of_a_hundred_tries_at_once_to_log_in_to_the_control_centre_five_of_an_address_are_let_through(
    people: People, role_url: Callable[[str], str]
) -> None:
    tries = [
        statement(
            "SELECT coalesce(refusal, 'let through') FROM api.begin_cc_login('a@example.com', %s)",
            f"address {number % 2}",
        )
        for number in range(100)
    ]

    assert Counter(together(role_url("halo_cc"), tries)) == {"let through": 10, "RATE_LIMITED": 90}
    assert people.value("SELECT sum(cardinality(failed_at)) FROM core.login_addresses") == 10


def test_a_merge_waits_for_money_that_arrives(
    people: People, role_url: Callable[[str], str], database_url: str
) -> None:
    owner = people.value("SELECT user_id FROM api.register_anonymous_customer('owner')")
    people.value(
        "UPDATE core.customers SET phone = '+628111111111', is_anonymous = false WHERE id = %s RETURNING id", owner
    )
    guest = people.value("SELECT user_id FROM api.register_anonymous_customer('guest')")
    payment = people.payment(guest)
    people.value("SELECT api.request_otp('+628111111111', 'customer', 'right', 'here')")
    merge = statement(
        "SELECT coalesce(refusal, 'merged') FROM api.verify_otp('+628111111111', 'customer', 'right', 't', 'here', %s)",
        guest,
    )
    with psycopg.connect(database_url) as other:
        other.execute("SELECT api.confirm_payment(%s)", [payment])
        with blocked(role_url("halo_app"), merge) as waiter:
            other.commit()

            assert waiter.outcome() == "SESSION_ALREADY_OPEN"


def test_money_waits_for_a_deletion_and_is_owed_back(
    people: People, role_url: Callable[[str], str], database_url: str
) -> None:
    customer = people.value("SELECT user_id FROM api.register_anonymous_customer('guest')")
    payment = people.payment(customer)
    confirm = statement("SELECT api.confirm_payment(%s) ->> 'status'", payment)
    with psycopg.connect(database_url) as other:
        other.execute("SELECT api.delete_customer(%s)", [customer])
        with blocked(role_url("halo_dba"), confirm) as waiter:
            other.commit()

            assert waiter.outcome() == "failed"
    assert people.value("SELECT refund_due_amount = amount FROM core.payment_requests WHERE id = %s", payment)
    assert people.value("SELECT count(*) FROM core.chat_sessions") == 0


def test_a_block_waits_for_a_merge_and_is_the_owners(
    people: People, role_url: Callable[[str], str], database_url: str
) -> None:
    owner = people.value("SELECT user_id FROM api.register_anonymous_customer('owner')")
    people.value(
        "UPDATE core.customers SET phone = '+628111111111', is_anonymous = false WHERE id = %s RETURNING id", owner
    )
    guest, mitra = people.customer(), people.mitra()
    session = people.session(mitra, guest)
    people.value("SELECT api.end_session(%s, 'cc', NULL) ->> 'status'", session)
    block = statement("SELECT api.block_other_party(%s, 'customer', %s) ->> 'session_id'", session, guest)
    with psycopg.connect(database_url) as other:
        other.execute("SELECT core.phone_owner('+628111111111', %s)", [guest])
        with blocked(role_url("halo_app"), block) as waiter:
            other.commit()

            assert waiter.outcome() == str(session)
    assert people.value("SELECT customer_id FROM core.blocks") == owner
    assert people.value("SELECT core.blocked_mitras(%s)", guest) == [mitra]
