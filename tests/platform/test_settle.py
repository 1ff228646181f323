"""What became due while nothing ran is settled before anything opens its port."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import sql

from app.development.postgres import EmbeddedPostgres
from app.postgres.database import Database
from app.readiness.settle import settle
from tests.support.waiting import PATIENCE_SECONDS, until


def a_session_whose_time_passed(conn: psycopg.Connection) -> str:
    """A session that was active and whose clock and grace ran out an hour ago."""
    conn.execute("SELECT api.seed_demo()")
    conn.execute("SELECT api.go_online(id) FROM (SELECT id FROM core.mitras LIMIT 1) m")
    conn.execute(
        """
        DO $$
        DECLARE
            v_customer uuid := (SELECT user_id FROM api.register_anonymous_customer('\\x01'));
            v_package uuid := (SELECT id FROM core.price_packages WHERE NOT is_extension LIMIT 1);
            v_payment uuid := api.create_payment_request(v_customer, v_package, p_anyone_available => true) ->> 'id';
            v_session uuid := api.confirm_payment(v_payment) ->> 'session_id';
            v_offer record;
        BEGIN
            SELECT * INTO STRICT v_offer FROM api.blast(v_session);
            PERFORM api.accept_offer(v_offer.offer_id, v_offer.mitra_id);
        END $$
        """
    )
    moved = conn.execute(
        "UPDATE core.chat_sessions SET expires_at = clock_timestamp() - interval '1 hour' RETURNING id, status"
    ).fetchall()
    assert [status for _, status in moved] == ["active"]
    return str(moved[0][0])


@pytest.mark.parametrize("role", ["halo_app", "halo_cc", "halo_listener"])
async def test_a_session_whose_time_passed_while_everything_was_down_is_over(
    conn: psycopg.Connection, app_url: Callable[[str], str], role: str
) -> None:
    session = a_session_whose_time_passed(conn)
    db = await Database.open(app_url(role), name="test")
    try:
        await settle(db.call)
    finally:
        await db.close()
    row = conn.execute(
        "SELECT status, closing_ends_at > clock_timestamp() FROM core.chat_sessions WHERE id = %s", [session]
    )
    # Entering `closing` always gives a full grace, however late it happens.
    assert row.fetchone() == ("closing", True)


async def test_an_advisory_lock_of_another_role_keeps_nobody_from_starting(
    app_url: Callable[[str], str], db: Database
) -> None:
    with psycopg.connect(app_url("halo_readonly")) as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended('halobestie.partitions', 0))")
        await settle(db.call, patience=0)


def test_of_two_makers_of_a_partition_one_makes_it_and_the_other_finds_it(conn: psycopg.Connection) -> None:
    make = "SELECT core.make_day_partition('events', '2100-01-01')"
    with (
        psycopg.connect(conn.info.dsn) as first,
        psycopg.connect(conn.info.dsn) as second,
        ThreadPoolExecutor(1) as thread,
    ):
        assert first.execute(make).fetchone() == ("events_21000101",)
        making = thread.submit(lambda: second.execute(make).fetchone())
        until(
            lambda: (
                conn.execute(
                    "SELECT FROM pg_locks WHERE pid = %s AND NOT granted", [second.info.backend_pid]
                ).fetchone()
                is not None
            ),
            "the second waits",
        )
        first.commit()
        assert making.result(PATIENCE_SECONDS) == (None,)


async def test_a_row_that_can_not_be_settled_keeps_nobody_from_starting(
    conn: psycopg.Connection, db: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    session = a_session_whose_time_passed(conn)
    add = sql.SQL("ALTER TABLE core.chat_sessions ADD CONSTRAINT planted CHECK (id <> {}) NOT VALID")
    conn.execute(add.format(sql.Literal(session)))
    conn.execute(
        """
        SELECT api.create_payment_request((SELECT user_id FROM api.register_anonymous_customer('\\x02')),
            (SELECT id FROM core.price_packages WHERE NOT is_extension LIMIT 1), p_anyone_available => true)
        """
    )
    conn.execute(
        "UPDATE core.payment_requests SET expires_at = clock_timestamp() - interval '1 s' WHERE status = 'pending'"
    )
    await settle(db.call)
    assert conn.execute("SELECT kind, id::text FROM ops.failed_deadlines").fetchall() == [("expiry", session)]
    assert conn.execute("SELECT count(*) FROM core.payment_requests WHERE status = 'expired'").fetchone() == (1,)
    (said,) = [line for line in capsys.readouterr().out.splitlines() if "deadline_failed" in line]
    assert "expiry" in said
    assert session in said


async def test_an_unpaid_link_that_ended_meanwhile_is_expired(conn: psycopg.Connection, db: Database) -> None:
    conn.execute("SELECT api.seed_demo()")
    conn.execute(
        """
        SELECT api.create_payment_request((SELECT user_id FROM api.register_anonymous_customer('\\x01')),
            (SELECT id FROM core.price_packages WHERE NOT is_extension LIMIT 1), p_anyone_available => true)
        """
    )
    conn.execute("UPDATE core.payment_requests SET expires_at = clock_timestamp() - interval '1 second'")
    await settle(db.call)
    assert conn.execute("SELECT status FROM core.payment_requests").fetchall() == [("expired",)]


async def test_a_start_waits_for_a_postgres_that_is_away(own_postgres: EmbeddedPostgres) -> None:
    own_postgres.stop()
    db = await Database.open(own_postgres.url("halobestie"), name="test", timeout=0.2)
    try:
        settling = asyncio.create_task(settle(db.call))
        await asyncio.sleep(0.5)
        assert not settling.done()
        await asyncio.to_thread(own_postgres.start)
        await asyncio.wait_for(settling, PATIENCE_SECONDS)
    finally:
        await db.close()


async def test_a_start_gives_up_when_postgres_stays_away(own_postgres: EmbeddedPostgres) -> None:
    own_postgres.stop()
    db = await Database.open(own_postgres.url("halobestie"), name="test", timeout=0.2)
    try:
        with pytest.raises(psycopg.OperationalError):
            await settle(db.call, patience=0.5)
    finally:
        await db.close()


async def test_a_database_never_migrated_is_said_at_once(own_postgres: EmbeddedPostgres) -> None:
    db = await Database.open(own_postgres.url("postgres"), name="test")
    try:
        with pytest.raises(psycopg.errors.InvalidSchemaName):
            await asyncio.wait_for(settle(db.call), PATIENCE_SECONDS)
    finally:
        await db.close()
