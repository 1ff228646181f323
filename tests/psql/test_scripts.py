"""The scripts of `db/psql/`, each run as a DBA runs it."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.support.people import People
from tests.support.psql import ROOT, command, environment, run
from tests.support.waiting import START_SECONDS, until

SCRIPTS = ROOT / "db" / "psql"
CHANNELS = {"mitra_mirror", "pairing", "events"}


@pytest.fixture
def script(role_url: Callable[[str], str]) -> Callable[..., str]:
    """Runs a script that must succeed, and gives its output."""

    def play(name: str, role: str = "halo_dba", **variables: str) -> str:
        done = run(role_url(role), "-f", str(SCRIPTS / name), variables=variables)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        return done.stdout

    return play


def test_the_manual_names_every_script() -> None:
    manual = (ROOT / "db" / "README.md").read_text()
    assert {path.name for path in SCRIPTS.iterdir()} == set(re.findall(r"`(\w+\.sql)`", manual))


def test_who_is_online_and_what_goes_on_is_for_every_reader(script: Callable[..., str], people: People) -> None:
    mitra = people.mitra()
    people.mitra(online=False)
    session = people.session(mitra)
    assert re.findall(r"\| (\S+)\s+\| 1 of 3 ", script("who_is_online.sql", "halo_readonly")) == ["t"]
    assert f"{session} | active | Sari" in script("open_sessions.sql", "halo_readonly")


def test_a_functions_calls_are_shown_as_a_tree_with_the_triggers_that_it_fires(script: Callable[..., str]) -> None:
    tree = script("call_tree.sql", "halo_readonly", function="api.accept_offer").splitlines()
    assert tree[0] == "api.accept_offer"
    assert "  core.emit" in [line.rstrip() for line in tree]
    fired = re.compile(r" {4,}core\.tg_chat_sessions__\w+  \(a trigger of core\.chat_sessions\)")
    assert any(map(fired.fullmatch, tree))
    assert script("call_tree.sql", "halo_readonly", function="api.accept_offer", depth="0").splitlines() == tree[:1]


def test_a_session_with_an_extension_is_seen_in_two_windows(
    script: Callable[..., str], conn: psycopg.Connection, role_url: Callable[[str], str], tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    with seen.open("wb") as window:
        watching = subprocess.Popen(
            command(role_url("halo_dba"), "-f", str(SCRIPTS / "watch_notifications.sql"), variables={"seconds": "600"}),
            env=environment(),
            stdout=window,
        )
    try:
        until(
            lambda: conn.execute("SELECT FROM pg_stat_activity WHERE query LIKE 'DO $w$%'").fetchone() is not None,
            "the first window listens",
        )
        played = script("play_a_session.sql").splitlines()
        until(
            lambda: {*re.findall(r'Asynchronous notification "(\w+)"', seen.read_text())} >= CHANNELS,
            "the first window shows what was rung",
        )
    finally:
        watching.kill()
        watching.wait()

    assert "confirmed" in played
    assert [line.partition("|")[0] for line in played if line.startswith(("extending|", "active|"))] == [
        "active",
        "extending",
        "active",
    ]
    assert any(line.startswith("completed|ended_by_customer|") for line in played)
    assert "0 violated invariants" in played
    assert '"unaccounted": 0' in "".join(played)


def test_what_is_stuck_is_empty_when_all_is_well_and_names_what_is_not(
    script: Callable[..., str], conn: psycopg.Connection, people: People
) -> None:
    assert re.findall(r"\((\d+) rows?\)", script("what_is_stuck.sql")) == ["0"] * 10
    session, payment = people.search(), people.payment(people.customer())
    conn.execute("UPDATE core.chat_sessions SET pairing_deadline = now() - interval '1 minute'")
    conn.execute("UPDATE core.chat_sessions SET created_at = now() - interval '3 minutes'")
    conn.execute("UPDATE core.payment_requests SET expires_at = now() - interval '1 hour' WHERE status = 'pending'")
    conn.execute("UPDATE core.event_queue SET created_at = now() - interval '1 minute'")
    said = script("what_is_stuck.sql")
    assert "01:00:" in said  # since the payment's deadline
    assert f"{session} | 00:03:" in said
    assert f"{payment} |  50000 | pending | its link ran out, and nobody swept it | expire" in said
    assert "customer:" in said


def test_a_statement_that_waits_for_a_lock_is_shown_with_whom_it_waits_for(
    script: Callable[..., str], conn: psycopg.Connection, people: People, role_url: Callable[[str], str]
) -> None:
    mitra = people.mitra()
    conn.execute("GRANT pg_read_all_stats TO halo_dba")
    try:
        with conn.transaction():
            conn.execute("SELECT FROM core.mitras FOR UPDATE")
            waiting = subprocess.Popen(
                command(role_url("halo_dba"), "-c", f"SELECT api.go_offline('{mitra}', 'dba')"),
                env=environment(),
                stdout=subprocess.DEVNULL,
            )
            with psycopg.connect(role_url("postgres"), autocommit=True) as other:
                until(
                    lambda: other.execute("SELECT FROM pg_locks WHERE NOT granted").fetchone() is not None,
                    "the statement waits",
                )
            said = script("what_is_stuck.sql")
        assert waiting.wait(START_SECONDS) == 0
    finally:
        conn.execute("REVOKE pg_read_all_stats FROM halo_dba")
    assert re.search(rf"\{{{conn.info.backend_pid}\}}\s+\| SELECT api\.go_offline", said)


def test_a_stuck_payment_is_shown_then_tried_and_only_then_settled(
    script: Callable[..., str], conn: psycopg.Connection, people: People
) -> None:
    def status() -> tuple[str, str]:
        row = conn.execute("SELECT status, refund_status FROM core.payment_requests WHERE id = %s", [late]).fetchone()
        assert row is not None
        return row

    name = "settle_a_payment.sql"
    late = str(people.payment(people.customer()))
    conn.execute("UPDATE core.payment_requests SET expires_at = now() - interval '1 hour'")
    assert f"{late} |  50000 | pending | its link ran out, and nobody swept it" in script(name)
    assert "expire   runs the sweep" in script(name, payment=late)
    assert "There is no action steal" in script(name, payment=late, action="steal", sure="yes")
    assert status() == ("pending", "none")

    tried = script(name, payment=late, action="expire")
    assert " expired |" in tried
    assert "Nothing was changed" in tried
    assert status() == ("pending", "none")
    assert "Done." in script(name, payment=late, action="expire", sure="yes")
    assert status() == ("expired", "none")

    came_late = script(name, payment=late, action="confirm", sure="yes")
    assert " paid_late |" in came_late
    assert status() == ("paid_late", "due")
    assert f"{late} | 50000 | paid_late" in script(name)

    assert "Nothing was changed" in script(name, payment=late, action="refund", sure="perhaps")
    assert status() == ("paid_late", "due")
    script(name, payment=late, action="refund", amount="5000", reason="by bank", sure="yes")
    assert status() == ("paid_late", "due")
    assert " refunded" in script(name, payment=late, action="refund", sure="yes")
    assert status() == ("paid_late", "refunded")
    people.assert_all_is_well()


def test_a_payment_confirmed_by_hand_with_its_time_opens_its_search(
    script: Callable[..., str], conn: psycopg.Connection, people: People
) -> None:
    late = str(people.payment(people.customer()))
    conn.execute("UPDATE core.payment_requests SET expires_at = now() - interval '1 hour'")
    paid_at = conn.execute("SELECT (now() - interval '2 hours')::text").fetchone()
    assert paid_at is not None
    script("settle_a_payment.sql", payment=late, action="confirm", paid_at=paid_at[0], sure="yes")
    assert conn.execute("SELECT status FROM core.chat_sessions").fetchall() == [("searching",)]


def test_what_does_not_exist_is_refused(role_url: Callable[[str], str]) -> None:
    nothing = "00000000-0000-4000-8000-000000000000"
    script = str(SCRIPTS / "settle_a_payment.sql")
    done = run(role_url("halo_dba"), "-f", script, variables={"payment": nothing, "action": "refund"})
    assert done.returncode == 3
    assert "No such payment request." in done.stderr


def test_a_day_is_simulated_and_every_rupiah_accounted_for(database_url: str, people: People) -> None:
    script = str(SCRIPTS / "simulate_a_day.sql")
    done = run(database_url, "-f", script, variables={"customers": "60", "mitras": "6"})
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    *_, unaccounted = next(
        line.split("|") for line in done.stdout.splitlines() if re.match(r"\s+\d+ \|", line) and line.count("|") == 11
    )
    assert unaccounted.strip() == "0"
    assert re.search(r"completed \| \w+ +\| +\d+", done.stdout)
    assert done.stdout.rstrip().endswith("(0 rows)")
    people.assert_all_is_well()

    again = run(database_url, "-f", script)
    assert again.returncode == 3
    assert "This database has business of its own" in again.stderr
    assert "CREATE DATABASE scratch" in again.stderr


def test_a_day_is_simulated_by_nobody_who_may_not_change_tables(role_url: Callable[[str], str]) -> None:
    done = run(role_url("halo_dba"), "-f", str(SCRIPTS / "simulate_a_day.sql"))
    assert done.returncode == 3
    assert "Connect as the role that migrates." in done.stderr
