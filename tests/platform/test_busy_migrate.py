"""`migrate` beside transactions that hold what it needs: they go on, and so does it."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from app.postgres import migrations
from app.postgres.migrations import MigrationError, migrate
from tests.support.waiting import START_SECONDS, until

WAITING = (
    "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE NOT granted AND application_name = 'halobestie-migrate'"
)


def steps_before(house: Path, end: str) -> Path:
    """Make `house` hold the steps that come before `end`, and nothing else: functions would not fit the tables."""
    (house / "migrations").mkdir(exist_ok=True)
    for path in (migrations.DIRECTORY / "migrations").glob("*.sql"):
        if path.name < end:
            shutil.copy(path, house / "migrations")
    return house


def test_nobody_waits_for_a_session_while_every_customer_gets_a_stream(empty_database_url: str, tmp_path: Path) -> None:
    migrate(empty_database_url, steps_before(tmp_path, "0013"), drop=True)
    with (
        ThreadPoolExecutor() as pool,
        psycopg.connect(empty_database_url) as busy,
        psycopg.connect(empty_database_url, autocommit=True) as conn,
    ):
        conn.execute("INSERT INTO core.customers SELECT FROM generate_series(1, 3)")
        busy.execute(
            "INSERT INTO core.event_streams (recipient, last_seq) SELECT 'customer:' || min(id::text), 0"
            " FROM core.customers"
        )
        running = pool.submit(migrate, empty_database_url, steps_before(tmp_path, "0014"), drop=True)
        until(lambda: conn.execute(WAITING).fetchone() == (1,), "the step waits for a stream")

        conn.execute("SET lock_timeout = '500ms'")
        conn.execute("UPDATE core.chat_sessions SET status = status WHERE false")
        busy.commit()
        running.result(timeout=START_SECONDS)
        assert conn.execute("SELECT count(*) FROM core.event_streams").fetchone() == (3,)


def test_a_step_steps_back_for_whoever_locks_its_tables_in_another_order(
    empty_database_url: str, tmp_path: Path
) -> None:
    migrate(empty_database_url, steps_before(tmp_path, "0017"), drop=True)
    with (
        ThreadPoolExecutor() as pool,
        psycopg.connect(empty_database_url) as busy,
        psycopg.connect(empty_database_url, autocommit=True) as conn,
    ):
        busy.execute("LOCK TABLE core.customers IN ROW EXCLUSIVE MODE")
        running = pool.submit(migrate, empty_database_url, steps_before(tmp_path, "0018"), drop=True)
        until(lambda: conn.execute(WAITING).fetchone() == (1,), "the step waits for the customers")
        busy.execute("SELECT FROM core.auth_sessions LIMIT 1")  # which the step has locked
        until(lambda: conn.execute(WAITING).fetchone() == (0,), "the step steps back")

        busy.rollback()
        assert running.result(timeout=START_SECONDS).migrations == ["0017.logins"]


def test_nobody_waits_to_write_while_a_partition_of_messages_gets_an_index(
    empty_database_url: str, tmp_path: Path
) -> None:
    migrate(empty_database_url, steps_before(tmp_path, "0018"), drop=True)
    write = (
        "INSERT INTO core.day VALUES ('2026-01-01', gen_random_uuid(), 1, 'mitra', gen_random_uuid(), 'id', 'Hello')"
    )
    with (
        ThreadPoolExecutor() as pool,
        psycopg.connect(empty_database_url) as busy,
        psycopg.connect(empty_database_url, autocommit=True) as conn,
    ):
        conn.execute(
            "CREATE TABLE core.day PARTITION OF core.chat_messages FOR VALUES FROM ('2026-01-01') TO ('2026-01-02');"
            "ALTER TABLE core.day OWNER TO halo_owner"
        )
        conn.execute("SET lock_timeout = '500ms'")
        busy.execute(write)
        house = steps_before(tmp_path, "0019")
        killed = pool.submit(migrate, empty_database_url, house, drop=True)
        until(lambda: conn.execute(WAITING).fetchone() == (1,), "the step waits for the writer")
        conn.execute(write)
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'halobestie-migrate'"
        )
        with pytest.raises(MigrationError, match="terminating connection"):
            killed.result(timeout=START_SECONDS)

        running = pool.submit(migrate, empty_database_url, house, drop=True)
        until(lambda: conn.execute(WAITING).fetchone() == (1,), "the step waits for the writer again")
        conn.execute(write)
        busy.commit()
        assert running.result(timeout=START_SECONDS).migrations == ["0018.senders_and_service"]
        index = conn.execute(
            "SELECT bool_and(indisunique AND indisvalid), count(*) FROM pg_index"
            " WHERE indexrelid IN ('core.chat_messages_sender'::regclass, 'core.day_sender'::regclass)"
        )
        assert index.fetchone() == (True, 2)
