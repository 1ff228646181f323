"""Refresh tokens and codes under many requests at once."""

import time
from collections import Counter
from collections.abc import Callable

import psycopg

from tests.functions.people import People
from tests.functions.together import Call, blocked, statement, together


def refresh(token: bytes, arrived_at: float, new: bytes) -> Call[str]:
    """Exchange a token, as a request does that arrived then and may have waited for a connection since."""

    def run(conn: psycopg.Connection) -> str:
        row = conn.execute(
            "SELECT coalesce(refusal, 'welcome') FROM api.refresh_login(%s, %s, make_interval(secs => %s))",
            [token, new, time.monotonic() - arrived_at],
        ).fetchone()
        assert row is not None
        return str(row[0])

    return run


def live_logins(people: People) -> list[bytes]:
    return [
        bytes(token) for token in people.column("SELECT token_hash FROM core.auth_sessions WHERE revoked_at IS NULL")
    ]


def test_fifty_refreshes_at_once_leave_one_live_login(people: People, role_url: Callable[[str], str]) -> None:
    people.value("SELECT user_id FROM api.register_anonymous_customer('first')")
    now = time.monotonic() - 1  # all came at once, a second ago: how long each takes to get here proves nothing
    new = [f"new {number}".encode() for number in range(50)]

    outcomes = together(role_url("halo_app"), [refresh(b"first", now, token) for token in new])

    assert Counter(outcomes) == {"welcome": 1, "UNAUTHENTICATED": 49}
    assert live_logins(people) == [new[outcomes.index("welcome")]]


def test_a_token_used_again_later_kills_its_family_and_no_other(people: People, role_url: Callable[[str], str]) -> None:
    customer = people.value("SELECT user_id FROM api.register_anonymous_customer('first')")
    people.value("SELECT user_id FROM api.register_anonymous_customer('another')")
    together(
        role_url("halo_app"), [refresh(b"first", time.monotonic(), f"new {number}".encode()) for number in range(8)]
    )
    assert len(live_logins(people)) == 2
    stolen = refresh(b"first", time.monotonic(), b"stolen")

    outcomes = together(role_url("halo_app"), [stolen] * 8)

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
        with blocked(role_url("halo_app"), refresh(b"token", time.monotonic(), b"new")) as waiter:
            other.commit()

            assert waiter.outcome() == "MITRA_DEACTIVATED"
    assert live_logins(people) == []
