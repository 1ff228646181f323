"""Demo data, whose login everybody knows, never get into a database that holds anything else."""

import subprocess
from pathlib import Path

import psycopg
import pytest

from app.development.demo import HISTORY_DAYS, seed, seed_history
from app.development.processes import free_port
from app.settings import DatabaseSettings
from app.simulation import mitra_accounts
from tests.support.command import halobestie, halobestie_in
from tests.support.people import People

PICTURE = """
SELECT
    (SELECT array_agg(email::text ORDER BY email) FROM core.control_center_users),
    (SELECT count(*) FROM core.price_packages),
    (SELECT count(*) FROM core.mitras),
    (SELECT array_agg(oid::regprocedure::text || xmin ORDER BY oid) FROM pg_proc
     WHERE pronamespace IN ('api'::regnamespace, 'core'::regnamespace))
"""

COUNTS = """
SELECT
    (SELECT count(*) FROM core.chat_sessions), (SELECT count(*) FROM core.pairing_offers),
    (SELECT count(*) FROM core.payment_requests), (SELECT count(*) FROM core.customer_transactions),
    (SELECT count(*) FROM core.refunds), (SELECT count(*) FROM core.session_extensions),
    (SELECT count(*) FROM core.session_ratings), (SELECT count(*) FROM core.chat_messages),
    (SELECT count(*) FROM core.pairing_failures), (SELECT count(*) FROM core.mitra_status_log)
"""

LATEST = """
SELECT now() > ALL (ARRAY[
    (SELECT max(ended_at) FROM core.chat_sessions), (SELECT max(settled_at) FROM core.pairing_offers),
    (SELECT max(settled_at) FROM core.refunds), (SELECT max(responded_at) FROM core.session_extensions),
    (SELECT max(created_at) FROM core.customer_transactions), (SELECT max(created_at) FROM core.session_ratings),
    (SELECT max(created_at) FROM core.chat_messages), (SELECT max(created_at) FROM core.pairing_failures),
    (SELECT max(at) FROM core.mitra_status_log), (SELECT max(at) FROM core.figures WHERE step = 'minute')])
"""

PEOPLE = {
    "a customer": "INSERT INTO core.customers (display_name) VALUES ('Ayu')",
    "a mitra": "INSERT INTO core.mitras (display_name, phone) VALUES ('Dewi', '+6281200000001')",
    "an operator": "SELECT api.create_admin('ops@example.com', 'Ops', '$argon2id$x')",
    "a package": "INSERT INTO core.price_packages (name, duration_minutes, price) VALUES ('A', 15, 15000)",
}


def run(directory: Path, database_url: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """`halobestie run` on a database of its user's, which is expected to be refused."""
    ports = {f"{app}_PORT": str(free_port()) for app in ("PUBLIC", "INTERNAL", "LISTENER")}
    return halobestie("run", DATABASE_URL=database_url, DATA_DIR=str(directory), SIMULATE="0", **ports, **settings)


@pytest.mark.parametrize("content", PEOPLE.values(), ids=PEOPLE)
def test_a_database_that_is_in_use_is_refused_with_nothing_touched(
    conn: psycopg.Connection, database_url: str, server_directory: Path, content: str
) -> None:
    conn.execute(content.encode())
    before = conn.execute(PICTURE).fetchone()
    for refused in (halobestie("seed-demo", DATABASE_URL=database_url), run(server_directory / "data", database_url)):
        assert refused.returncode == 1, refused.stderr
        assert "holds more than demo data" in refused.stderr
        assert "Traceback" not in refused.stderr
        assert conn.execute(PICTURE).fetchone() == before


def test_what_demo_data_grew_into_may_be_seeded_again(conn: psycopg.Connection, database_url: str) -> None:
    assert halobestie("seed-demo", DATABASE_URL=database_url).returncode == 0
    conn.execute(PEOPLE["a customer"])
    assert halobestie("seed-demo", DATABASE_URL=database_url).returncode == 0


@pytest.mark.parametrize("where", ["environment", ".env"])
def test_production_is_refused_by_both_commands(
    conn: psycopg.Connection, database_url: str, tmp_path: Path, where: str
) -> None:
    before = conn.execute(PICTURE).fetchone()
    settings = {"DATABASE_URL": database_url}
    if where == ".env":
        (tmp_path / ".env").write_text("APP_ENV=production\n")
    else:
        settings["APP_ENV"] = "production"
    for command in ("run", "seed-demo"):
        refused = halobestie_in(tmp_path, command, **settings)
        assert refused.returncode == 2
        assert refused.stderr.startswith("APP_ENV: production is refused by this command"), refused.stderr
        assert len(refused.stderr.splitlines()) == 1
    assert conn.execute(PICTURE).fetchone() == before


def test_a_database_of_another_program_is_refused_with_nothing_touched(
    empty_database_url: str, server_directory: Path
) -> None:
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        conn.execute("CREATE TABLE public.invoices (id integer)")
        refused = run(server_directory / "data", empty_database_url)
        assert refused.returncode == 1
        assert "holds more than demo data" in refused.stderr
        assert conn.execute("SELECT to_regnamespace('core')").fetchone() == (None,)


async def test_the_history_fills_a_month_tells_nobody_and_is_made_once(
    conn: psycopg.Connection, database_url: str, people: People
) -> None:
    settings = DatabaseSettings(database_url=database_url)
    await seed(settings, is_embedded=True)
    conn.execute("LISTEN pairing; LISTEN events; LISTEN deadlines")
    days: list[None] = []
    await seed_history(settings, lambda: days.append(None))
    assert len(days) == HISTORY_DAYS + 1
    counts = conn.execute(COUNTS).fetchone()
    assert counts is not None
    assert min(counts) > 0, counts
    full_days = conn.execute(
        "SELECT count(DISTINCT (created_at AT TIME ZONE 'UTC')::date) FROM core.chat_sessions"
        " WHERE created_at < date_trunc('day', now(), 'UTC')"
    ).fetchone()
    assert full_days == (HISTORY_DAYS,)
    people.assert_all_is_well()
    assert conn.execute(LATEST).fetchone() == (True,), "nothing is ahead of now"
    assert list(conn.notifies(timeout=0.5)) == []
    assert conn.execute("SELECT count(*) FROM core.events").fetchone() == (0,)
    statuses = {status for (status,) in conn.execute("SELECT DISTINCT status FROM core.payment_requests")}
    assert statuses == {"consumed", "expired", "cancelled", "failed", "failed_delivery", "paid_late"}
    [known] = conn.execute(
        "SELECT count(*) FROM core.mitras WHERE phone = ANY (%s)", [[mitra_accounts.phone(n) for n in range(20)]]
    ).fetchone() or [0]
    assert known == 20, "the simulated fleet logs in as mitras with a history"

    [wrong] = conn.execute(
        "SELECT sum(corrections) FROM api.rebuild_figures(now() - interval '40 days', now())"
    ).fetchone() or [None]
    assert wrong == 0, "every figure is what the rows say"
    hours: dict[str, int] = dict(
        conn.execute(
            "SELECT metric, count(DISTINCT at) FROM core.figures WHERE step = 'hour' AND value > 0 GROUP BY metric"
        ).fetchall()
    )
    for metric in ("online_mitras", "requests", "offers", "answer_time", "first_reply", "revenue", "messages"):
        assert hours[metric] > HISTORY_DAYS * 10, metric

    await seed_history(settings, lambda: None)
    assert conn.execute(COUNTS).fetchone() == counts
