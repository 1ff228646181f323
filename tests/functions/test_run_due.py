"""Deadlines moved by any number of runners: each once, none held up by another."""

from collections import Counter
from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest

from tests.support.people import People
from tests.support.together import together

RUNNERS = 6


def run_until_nothing_is_due(conn: psycopg.Connection) -> list[tuple[str, UUID]]:
    """Move small batches until a call returns nothing; what follows from offers that expired is not counted."""
    moved: list[tuple[str, UUID]] = []
    while batch := conn.execute("SELECT kind, id FROM api.run_due(7)").fetchall():
        moved += [row for row in batch if row[0] != "silence"]
    return moved


def run_until_nothing_is_left(conn: psycopg.Connection) -> list[tuple[str, UUID]]:
    """As a listener does: what was busy, because another runner had it, is asked for again."""
    moved = run_until_nothing_is_due(conn)
    while conn.execute("SELECT api.next_deadline() <= clock_timestamp()").fetchone() == (True,):
        moved += run_until_nothing_is_due(conn)
    return moved


def overdue(people: People, count: int) -> dict[str, list[UUID]]:
    """So many overdue things of each kind, but for withdrawals."""
    mitras = [people.mitra(max_sessions=50) for _ in range(3)]
    running = [people.session(mitras[number % 3]) for number in range(2 * count)]
    people.column("DELETE FROM core.session_warnings RETURNING session_id")
    people.column(
        "UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = ANY (%s) RETURNING id", running
    )
    people.settle()
    closing = running[:count]
    people.column(
        "UPDATE core.chat_sessions SET closing_ends_at = clock_timestamp() WHERE id = ANY (%s) RETURNING id", closing
    )
    expiring = [people.session(mitras[number % 3]) for number in range(count)]
    people.column("DELETE FROM core.session_warnings RETURNING session_id")
    people.column(
        "UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = ANY (%s) RETURNING id", expiring
    )
    offers = [people.offer(people.search(), mitras[number % 3]) for number in range(count)]
    people.column(
        "UPDATE core.pairing_offers SET expires_at = clock_timestamp() WHERE id = ANY (%s) RETURNING id", offers
    )
    searching = [people.search() for _ in range(count)]
    people.column(
        "UPDATE core.chat_sessions SET pairing_deadline = clock_timestamp() WHERE id = ANY (%s) RETURNING id", searching
    )
    payments = [people.payment(people.customer()) for _ in range(count)]
    people.column(
        "UPDATE core.payment_requests SET expires_at = clock_timestamp() WHERE id = ANY (%s) RETURNING id", payments
    )
    return {"closure": closing, "expiry": expiring, "offer": offers, "pairing": searching, "payment": payments}


def test_several_runners_at_once_move_each_row_once(people: People, role_url: Callable[[str], str]) -> None:
    people.set("missed_offers_before_offline", 100)
    expected = overdue(people, 12)

    moved = together(role_url("halo_listener"), [run_until_nothing_is_left] * RUNNERS)

    counted = Counter(one for batch in moved if isinstance(batch, list) for one in batch)
    assert set(counted.values()) == {1}
    by_kind = {kind: sorted(row for of_kind, row in counted if of_kind == kind) for kind in expected}
    assert by_kind == {kind: sorted(ids) for kind, ids in expected.items()}
    told = Counter(people.column("SELECT type FROM core.events WHERE recipient LIKE 'customer:%%'"))
    assert told["session_ended"] == 12
    assert told["session_closing"] == 24 + 12
    assert told["pairing_failed"] == 12
    people.assert_all_is_well()


def test_two_runners_share_what_is_due(people: People, database_url: str) -> None:
    mitras = [people.mitra() for _ in range(4)]
    expiring = {people.session(mitra) for mitra in mitras}
    people.column("DELETE FROM core.session_warnings RETURNING session_id")
    people.column("UPDATE core.chat_sessions SET expires_at = clock_timestamp() RETURNING id")
    run = "SELECT id FROM api.run_due(2)"
    with psycopg.connect(database_url) as first, psycopg.connect(database_url, autocommit=True) as second:
        second.execute("SET statement_timeout = '30s'")
        taken = {row[0] for row in first.execute(run)}

        left = second.execute("SELECT id FROM core.chat_sessions ORDER BY expires_at FOR UPDATE SKIP LOCKED").fetchall()
        assert {row[0] for row in left} == expiring - taken, "the first holds only what it moves"
        assert {row[0] for row in second.execute(run)} == expiring - taken
        first.commit()
    assert len(taken) == 2
    people.assert_all_is_well()


def test_a_row_that_somebody_is_busy_with_holds_nobody_up(people: People, database_url: str) -> None:
    mitra = people.mitra()
    busy, free = people.session(mitra), people.session(mitra)
    people.column("DELETE FROM core.session_warnings RETURNING session_id")
    people.column("UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE status = 'active' RETURNING id")
    with psycopg.connect(database_url) as other, psycopg.connect(database_url, autocommit=True) as runner:
        runner.execute("SET statement_timeout = '30s'")
        other.execute("SELECT FROM core.chat_sessions WHERE id = %s FOR NO KEY UPDATE", [busy])

        assert run_until_nothing_is_due(runner) == [("expiry", free)]
        other.rollback()
        assert run_until_nothing_is_due(runner) == [("expiry", busy)]
    people.assert_all_is_well()


def test_a_withdrawal_waits_for_a_busy_session_and_takes_the_others(people: People, database_url: str) -> None:
    mitra = people.mitra()
    busy, free = people.search(), people.search()
    of_busy, of_free = people.offer(busy, mitra), people.offer(free, mitra)
    people.value("SELECT api.go_offline(%s)", mitra)
    with psycopg.connect(database_url) as other, psycopg.connect(database_url, autocommit=True) as runner:
        runner.execute("SET statement_timeout = '30s'")
        other.execute("SELECT FROM core.chat_sessions WHERE id = %s FOR NO KEY UPDATE", [busy])

        assert run_until_nothing_is_due(runner) == [("withdrawal", of_free)]
        other.rollback()
        assert run_until_nothing_is_due(runner) == [("withdrawal", of_busy)]
    people.assert_all_is_well()


def test_a_kind_that_fails_through_no_fault_of_a_row_does_not_hold_up_the_others(
    people: People, conn: psycopg.Connection
) -> None:
    payment = people.payment(people.customer())
    people.value(
        "UPDATE core.payment_requests SET expires_at = clock_timestamp() - interval '1 h' WHERE id = %s RETURNING id",
        payment,
    )
    session = people.session(people.mitra())
    people.column("DELETE FROM core.session_warnings RETURNING session_id")
    people.value("UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = %s RETURNING id", session)
    conn.execute(
        "CREATE FUNCTION public.full() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = 'disk_full'; END $$;"
        "CREATE TRIGGER planted AFTER UPDATE ON core.payment_requests EXECUTE FUNCTION public.full()"
    )

    assert conn.execute("SELECT kind, id FROM api.run_due()").fetchall() == [("expiry", session)]
    with pytest.raises(psycopg.errors.RaiseException, match="payment cannot be settled: no space"):
        conn.execute("SELECT kind, id FROM api.run_due()")
    assert people.column("SELECT id FROM ops.failed_deadlines") == []
    conn.execute("DROP TRIGGER planted ON core.payment_requests; DROP FUNCTION public.full")
    assert run_until_nothing_is_due(conn) == [("payment", payment)]
    people.assert_all_is_well()


def test_a_kind_that_lasts_too_long_ends_the_call_and_can_be_passed_over(
    people: People, conn: psycopg.Connection
) -> None:
    payment = people.payment(people.customer())
    people.value(
        "UPDATE core.payment_requests SET expires_at = clock_timestamp() - interval '1 h' WHERE id = %s RETURNING id",
        payment,
    )
    session = people.session(people.mitra())
    people.column("DELETE FROM core.session_warnings RETURNING session_id")
    people.value("UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = %s RETURNING id", session)
    conn.execute(
        "CREATE FUNCTION public.last() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$;"
        "CREATE TRIGGER planted AFTER UPDATE ON core.payment_requests EXECUTE FUNCTION public.last()"
    )
    conn.execute("SET statement_timeout = '1s'")

    with pytest.raises(psycopg.errors.QueryCanceled):
        conn.execute("SELECT kind, id FROM api.run_due()")
    conn.execute("SET statement_timeout = '30s'")
    assert conn.execute("SELECT kind, id FROM api.run_due(p_passed => 1)").fetchall() == [("expiry", session)]

    conn.execute("RESET statement_timeout; DROP TRIGGER planted ON core.payment_requests; DROP FUNCTION public.last")
    assert run_until_nothing_is_due(conn) == [("payment", payment)]
    people.assert_all_is_well()
