"""Refresh tokens and codes under many requests at once."""

from collections import Counter
from collections.abc import Callable

import psycopg

from tests.functions.people import People
from tests.functions.together import Call, blocked, statement, together


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


def test_of_a_hundred_guesses_at_once_at_most_five_are_looked_at(
    people: People, role_url: Callable[[str], str]
) -> None:
    people.value("SELECT api.request_otp('+628111111111', 'customer', 'right')")

    def guess(code: bytes) -> Call[str]:
        return statement(
            "SELECT coalesce(refusal, 'welcome') FROM api.verify_otp('+628111111111', 'customer', %s, %s)", code, code
        )

    outcomes = together(role_url("halo_app"), [guess(f"wrong {number}".encode()) for number in range(100)])

    assert set(outcomes) == {"OTP_INVALID"}
    assert people.value("SELECT tries FROM core.otp_challenges") == 5
    assert together(role_url("halo_app"), [guess(b"right")]) == ["OTP_INVALID"]
    assert people.value("SELECT count(*) FROM core.customers") == 0


def test_the_right_code_given_many_times_at_once_lets_in_once(people: People, role_url: Callable[[str], str]) -> None:
    people.value("SELECT api.request_otp('+628111111111', 'customer', 'right')")
    outcomes = together(
        role_url("halo_app"),
        [
            statement(
                "SELECT coalesce(refusal, 'welcome') FROM api.verify_otp('+628111111111', 'customer', 'right', %s)",
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
    people.value("SELECT api.request_otp(%s, 'mitra', 'right')", phone)
    login = statement("SELECT refusal FROM api.verify_otp(%s, 'mitra', 'right', 'token')", phone)
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
    people.value("SELECT api.request_otp(%s, 'mitra', 'right')", phone)
    people.value("SELECT api.verify_otp(%s, 'mitra', 'right', 'token')", phone)
    with psycopg.connect(database_url) as other:
        other.execute("SELECT api.deactivate_mitra(%s)", [mitra])
        with blocked(role_url("halo_app"), refresh(b"token", b"new")) as waiter:
            other.commit()

            assert waiter.outcome() == "MITRA_DEACTIVATED"
    assert live_logins(people) == []
