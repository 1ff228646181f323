"""Every `*.sql` beside this file, each run alone by psql on a database of its own, as a person would run it."""

from pathlib import Path

import psycopg
import pytest

from tests.support.sizes import in_proof_alone, in_turn
from tests.support.sources import DB
from tests.support.tap import faults_in_tap, run_tap, run_tap_undisturbed

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.sql"))

PLANTED = [
    (
        "own_data.sql",
        "personal_data/messages_of.sql",
        "OR message.sender_type <> p_user_type AND",
        "OR",
    ),
    ("own_data.sql", "personal_data/messages_of.sql", " AND message.created_at < session.until", ""),
    (
        "own_data.sql",
        "personal_data/personal_places.sql",
        "'session_id IN (SELECT id FROM core.chat_sessions WHERE mitra_id = $2)'",
        "'session_id IN (SELECT session_id FROM core.own_sessions($1, $2))'",
    ),
    ("own_data.sql", "personal_data/claim_data_export.sql", "clock_timestamp() + interval '1 minute'", "again_at"),
    ("own_data.sql", "personal_data/request_data_export.sql", "interval '1 day'", "interval '0 days'"),
    (
        "own_data.sql",
        "accounts/delete_customer.sql",
        "DELETE FROM core.data_exports WHERE user_type = 'customer' AND user_id = p_customer_id;",
        "",
    ),
    ("outbox.sql", "events/emit.sql", "clock.now, clock.traceparent", "clock.now, NULL"),
    ("outbox.sql", "events/emit.sql", "nullif(current_setting('halobestie.traceparent', true), '')", "'00-always-01'"),
    (
        "blocks_and_reports.sql",
        "blocks/withdraw_blocked_offers.sql",
        "AND core.status_is(offer.status, 'offered')",
        "AND offer.status = 'declined'",
    ),
    (
        "blocks_and_reports.sql",
        "reports/count_reporters.sql",
        "count(DISTINCT core.person_of(report.customer_id))",
        "count(core.person_of(report.customer_id))",
    ),
    (
        "earnings.sql",
        "earnings/mitra_shares.sql",
        "served.mitra_id = final.last_mitra_id AS is_last,",
        "served.seconds = (SELECT max(seconds) FROM core.session_services WHERE session_id = final.id) AS is_last,",
    ),
    ("backlog.sql", "condition/backlog.sql", "WHERE report.status = 'open'", ""),
    ("backlog.sql", "condition/lossy_settings.sql", ", 'synchronous_commit'", ""),
    ("replay.sql", "replay/replay_part.sql", "WHERE slot.session_id <> v_search.session_id AND", "WHERE"),
    ("replay.sql", "replay/replay_part.sql", "WHERE v_moved_in[come.n] = run AND", "WHERE false AND"),
    ("replay.sql", "replay/replay_part.sql", "THEN v_mitras[n] ELSE v_usual[n]", "THEN v_mitras[n] ELSE v_mitras[n]"),
    ("replay.sql", "replay/replay_search.sql", "AND v_now + found.after < withdrawn.at", ""),
    ("replay.sql", "replay/replay_search.sql", "found.slowest < coalesce", "found.after < coalesce"),
    ("replay.sql", "replay/replay_answers.sql", "own.status IN ('declined', 'expired')", "own.status <> 'cancelled'"),
    ("replay.sql", "replay/replay_answers.sql", "own.status IN ('declined', 'expired')", "false"),
    ("replay.sql", "replay/replay_answers.sql", "WHERE offer.session_id <> p_session_id", "WHERE true"),
    ("replay.sql", "replay/replay_shifts.sql", "AND silence.missed = p_missed", ""),
    ("replay.sql", "replay/check_replay.sql", "interval '7 days'", "interval '70 days'"),
    ("replay.sql", "replay/claim_replay.sql", "clock_timestamp() + interval '1 minute'", "again_at"),
]
"""Which test file sees it when, in the file of a function, this is replaced by that."""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_all_that_the_file_says_holds(file: Path, database_url: str) -> None:
    faults, printed = run_tap_undisturbed(file, database_url)
    assert faults == [], printed


@in_proof_alone("plants bugs", has_cases_in_turn=True)
@pytest.mark.parametrize(("file", "function", "right", "wrong"), in_turn(PLANTED))
def test_a_planted_bug_is_caught(
    file: str, function: str, right: str, wrong: str, database_url: str, conn: psycopg.Connection
) -> None:
    text = (DB / "functions" / function).read_text()
    assert text.count(right) == 1
    conn.execute(text.replace(right, wrong).encode())
    faults, _ = run_tap(HERE / file, database_url)
    assert faults != []


@pytest.mark.parametrize(
    ("output", "faults"),
    [
        ("1..2\nok 1 - a\nok 2 - b\n", []),
        ("1..2\nok 1 - a\n# a remark\n", ["1..2 was planned, and 1 ran"]),
        ("1..1\nok 1 - a\nok 2 - b\n", ["1..1 was planned, and 2 ran"]),
        ("1..2\nok 1 - a\nnot ok 2 - b\n#   got: c\n", ["not ok 2 - b"]),
        ("ok 1 - a\n", ["the output does not begin with a plan"]),
        ("", ["the output does not begin with a plan"]),
    ],
)
def test_what_is_wrong_with_an_output_is_seen(output: str, faults: list[str]) -> None:
    assert faults_in_tap(output) == faults
