"""First accept wins, and no mitra gets more than it may hold, whoever else is at it at the same moment."""

from collections import Counter
from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest

from tests.support.people import People
from tests.support.together import Call, blocked, statement, together
from tests.support.waiting import until


def accept(offer: UUID, mitra: UUID) -> Call[str]:
    return statement("SELECT api.accept_offer(%s, %s) ->> 'status'", offer, mitra)


def test_of_fifty_mitras_that_accept_at_once_one_wins_and_the_others_get_offer_taken(
    people: People, role_url: Callable[[str], str]
) -> None:
    people.set("blast_size", 50)
    session = people.search()
    wave = people.wave(session, [people.mitra() for _ in range(50)])
    assert len(wave) == 50

    outcomes = together(role_url("halo_app"), [accept(offer, mitra) for mitra, offer in wave.items()])

    assert Counter(outcomes) == {"active": 1, "OFFER_TAKEN": 49}
    winner = people.value("SELECT mitra_id FROM core.chat_sessions WHERE id = %s", session)
    assert [mitra for mitra, outcome in zip(wave, outcomes, strict=True) if outcome == "active"] == [winner]
    statuses = people.column("SELECT status FROM core.pairing_offers WHERE session_id = %s", session)
    assert Counter(statuses) == {"accepted": 1, "rescinded": 49}
    assert people.value("SELECT count(*) FROM core.customer_transactions WHERE session_id = %s", session) == 1
    people.assert_all_is_well()


def test_who_comes_too_late_waits_for_no_lock(people: People, conn: psycopg.Connection) -> None:
    session, mitras = people.search(), [people.mitra(), people.mitra()]
    wave = people.wave(session, mitras)
    first, late = (wave[mitra] for mitra in mitras)
    people.value("SELECT api.accept_offer(%s, %s)", first, mitras[0])

    with psycopg.connect(people.url) as holding:
        holding.execute("SELECT FROM core.chat_sessions WHERE id = %s FOR UPDATE", [session])
        conn.execute("SET lock_timeout = 1")
        for function in ("accept_offer", "decline_offer"):
            with pytest.raises(psycopg.DatabaseError, match="Another mitra accepted first"):
                conn.execute(f"SELECT api.{function}(%s, %s)".encode(), [late, mitras[1]])


def test_thirty_customers_never_take_more_than_the_last_slot_of_a_mitra(
    people: People, role_url: Callable[[str], str]
) -> None:
    mitra = people.mitra(max_sessions=3)
    offers = [people.offer(people.search(), mitra) for _ in range(30)]
    for _ in range(2):
        people.session(mitra)

    outcomes = together(role_url("halo_app"), [accept(offer, mitra) for offer in offers])

    assert Counter(outcomes) == {"active": 1, "CAPACITY_FULL": 29}
    assert people.value("SELECT capacity FROM api.mirror_state(%s)", [mitra]) == 3
    people.settle()  # a full mitra loses its other offers
    assert people.value("SELECT count(*) FROM core.pairing_offers WHERE status = 'offered'") == 0
    people.assert_all_is_well()


def test_the_same_accept_twice_at_once_is_one_accept_and_two_equal_answers(
    people: People, role_url: Callable[[str], str]
) -> None:
    mitra, session = people.mitra(), people.search()
    offer = people.offer(session, mitra)
    call = statement("SELECT api.accept_offer(%s, %s) ->> 'started_at'", offer, mitra)

    outcomes = together(role_url("halo_app"), [call] * 8)

    assert len(set(outcomes)) == 1
    assert people.value("SELECT count(*) FROM core.customer_transactions WHERE session_id = %s", session) == 1
    assert people.value("SELECT last_seq FROM api.stream_position('mitra', %s)", mitra) == 3
    people.assert_all_is_well()


def test_of_an_accept_and_a_cancel_at_once_exactly_one_happens(people: People, role_url: Callable[[str], str]) -> None:
    mitra = people.mitra(max_sessions=100)
    for _ in range(20):
        customer = people.customer()
        session = people.search(customer)
        offer = people.offer(session, mitra)

        outcomes = together(
            role_url("halo_app"),
            [
                accept(offer, mitra),
                statement("SELECT api.cancel_session(%s, %s) ->> 'status'", session, customer),
            ],
        )

        assert outcomes in (["active", "INVALID_STATE"], ["OFFER_GONE", "cancelled"])
        due = people.value("SELECT refund_due_amount FROM core.payment_requests WHERE session_id = %s", session)
        assert due == (0 if outcomes[0] == "active" else 50_000)
    people.assert_all_is_well()


def test_an_accept_that_waited_past_the_deadline_is_refused_with_offer_expired(
    people: People, role_url: Callable[[str], str], database_url: str
) -> None:
    people.set("offer_timeout_seconds", 1)
    mitra, session = people.mitra(), people.search()
    offer = people.offer(session, mitra)
    with psycopg.connect(database_url) as other:
        other.execute("SELECT FROM core.chat_sessions WHERE id = %s FOR NO KEY UPDATE", [session])
        with blocked(role_url("halo_app"), accept(offer, mitra)) as waiter:
            assert people.value("SELECT expires_at > clock_timestamp() FROM core.pairing_offers WHERE id = %s", offer)
            until(
                lambda: people.value(
                    "SELECT expires_at <= clock_timestamp() FROM core.pairing_offers WHERE id = %s", offer
                ),
                "the offer's time is over",
            )
            other.commit()

            assert waiter.outcome() == "OFFER_EXPIRED"
    assert people.value("SELECT status FROM core.pairing_offers WHERE id = %s", offer) == "offered"
    assert people.settle() > 0
    people.assert_all_is_well()


def test_an_accept_that_waited_for_its_own_deactivation_is_refused_with_mitra_deactivated(
    people: People, role_url: Callable[[str], str], database_url: str
) -> None:
    mitra, session = people.mitra(), people.search()
    offer = people.offer(session, mitra)
    with psycopg.connect(database_url) as other:
        other.execute("SELECT api.deactivate_mitra(%s)", [mitra])
        with blocked(role_url("halo_app"), accept(offer, mitra)) as waiter:
            other.commit()

            assert waiter.outcome() == "MITRA_DEACTIVATED"
    people.settle()
    assert people.value("SELECT status FROM core.chat_sessions WHERE id = %s", session) == "searching"
    people.assert_all_is_well()


def test_an_accept_that_waited_for_the_last_slot_is_refused_with_capacity_full(
    people: People, role_url: Callable[[str], str], database_url: str
) -> None:
    mitra = people.mitra(max_sessions=1)
    first, second = people.offer(people.search(), mitra), people.offer(people.search(), mitra)
    with psycopg.connect(database_url) as other:
        other.execute("SELECT api.accept_offer(%s, %s)", [first, mitra])
        with blocked(role_url("halo_app"), accept(second, mitra)) as waiter:
            other.commit()

            assert waiter.outcome() == "CAPACITY_FULL"
    people.assert_all_is_well()


def test_deactivation_and_accepts_at_once_leave_no_offer_and_no_login(
    people: People, role_url: Callable[[str], str]
) -> None:
    for _ in range(10):
        mitra = people.mitra(max_sessions=10)
        phone = people.value("SELECT phone FROM core.mitras WHERE id = %s", mitra)
        people.value("SELECT api.request_otp(%s, 'mitra', '\\x01', 'here')", phone)
        offers = [people.offer(people.search(), mitra) for _ in range(4)]
        login = statement("SELECT refusal FROM api.verify_otp(%s, 'mitra', '\\x01', %s, 'here')", phone, phone.encode())

        outcomes = together(
            people.url,
            [
                statement("SELECT api.deactivate_mitra(%s) ->> 'is_active'", mitra),
                login,
                *(accept(offer, mitra) for offer in offers),
            ],
        )

        assert outcomes[0] == "false"
        assert outcomes[1] in (None, "MITRA_DEACTIVATED")
        assert set(outcomes[2:]) <= {"active", "MITRA_DEACTIVATED"}
        people.settle()
        assert people.value("SELECT capacity FROM api.mirror_state(%s)", [mitra]) == outcomes.count("active")
    people.assert_all_is_well()


def test_a_mitra_who_is_being_offered_a_session_is_not_deleted(
    people: People, conn: psycopg.Connection, role_url: Callable[[str], str]
) -> None:
    mitra, session = people.mitra(), people.search()
    conn.execute("BEGIN")
    people.offer(session, mitra)
    with blocked(role_url("halo_cc"), statement("SELECT api.delete_mitra(%s)", mitra)) as deletion:
        conn.execute("COMMIT")
        assert deletion.outcome() == "INVALID_STATE"
