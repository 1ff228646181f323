"""A database of the first release is brought to the present with everything in it, and its business goes on."""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from app.postgres import migrations
from app.postgres.migrations import migrate, roll_back
from tests.support.catalogue import picture
from tests.support.sizes import in_proof_alone

MIGRATIONS = migrations.DIRECTORY / "migrations"
RELEASED = Path(__file__).with_name("released.txt")
FIRST_RELEASE = sorted(MIGRATIONS.glob("000[1-6].*.sql"))
AFTERNOON = Path(__file__).with_name("first_release.sql")

SARI, RINA = (f"a{number:031}" for number in (1, 2))
BALANCE = "SELECT confirmed, held, kept, refund_due, refunded, unaccounted FROM ops.money_balance"
TABLES = """
SELECT relname::text FROM pg_class
WHERE relnamespace = 'core'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1
"""
STATUSES = r"""
SELECT c.conrelid::regclass::text, quoted.status[1]
FROM pg_constraint AS c
JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] AND a.attname = 'status'
CROSS JOIN LATERAL regexp_matches(pg_get_constraintdef(c.oid), '''(\w+)''::text', 'g') AS quoted (status)
WHERE c.contype = 'c' AND cardinality(c.conkey) = 1
"""
EVERYTHING_IS_DUE = """
SET LOCAL session_replication_role = replica;
UPDATE core.chat_sessions SET expires_at = least(expires_at, now()), closing_ends_at = least(closing_ends_at, now()),
    pairing_deadline = least(pairing_deadline, now());
UPDATE core.session_warnings AS warning SET due_at = session.expires_at - make_interval(secs => warning.seconds)
FROM core.chat_sessions AS session WHERE session.id = warning.session_id;
UPDATE core.pairing_offers SET expires_at = least(expires_at, now());
UPDATE core.payment_requests SET expires_at = least(expires_at, now());
"""


class House:
    """A database, and what is asked of it. Numbers are those of first_release.sql."""

    def __init__(self, conn: psycopg.Connection, url: str) -> None:
        self.conn = conn
        self.url = url

    def value(self, query: LiteralString, *params: object) -> Any:
        """The one column of a query's first row, None without a row."""
        row = self.conn.execute(query, params).fetchone()
        return None if row is None else row[0]

    def session(self, number: int) -> str:
        """The status of a session."""
        status: str = self.value("SELECT status FROM core.chat_sessions WHERE id = %s", f"5{number:031}")
        return status

    def payment(self, number: int) -> str:
        """The status of a payment request."""
        status: str = self.value("SELECT status FROM core.payment_requests WHERE id = %s", f"b{number:031}")
        return status

    def settle(self) -> None:
        """Move all that is due."""
        while self.value("SELECT count(*) FROM api.run_due(1000)"):
            pass

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Every row of every table."""
        tables = [row[0] for row in self.conn.execute(TABLES)]
        return {
            table: [row[0] for row in self.conn.execute(f"SELECT to_jsonb(t) FROM core.{table} AS t".encode())]
            for table in tables
        }

    def assert_all_is_well(self) -> None:
        """No invariant is violated and every rupiah is accounted for."""
        violations = self.conn.execute("SELECT invariant, subject, details FROM ops.invariant_violations").fetchall()
        assert violations == []
        assert self.value("SELECT unaccounted FROM ops.money_balance") == 0


@pytest.fixture
def first_release(empty_database_url: str, tmp_path: Path) -> Iterator[House]:
    """The first release on a busy afternoon."""
    released = tmp_path / "first"
    (released / "migrations").mkdir(parents=True)
    for path in FIRST_RELEASE:
        shutil.copy(path, released / "migrations")
    migrate(empty_database_url, released, drop=True)  # it has no functions
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        with conn.transaction():
            conn.execute(AFTERNOON.read_bytes())
        yield House(conn, empty_database_url)


def lost(before: dict[str, list[dict[str, Any]]], after: dict[str, list[dict[str, Any]]]) -> dict[str, list[str]]:
    """The rows that are not there any more as they were, new columns aside."""
    gone = {}
    for table, rows in before.items():
        columns = rows[0].keys() if rows else set()
        now = Counter(_text(row, columns) for row in after.get(table, []))
        if missing := Counter(_text(row, columns) for row in rows) - now:
            gone[table] = sorted(missing)
    return gone


def _text(row: dict[str, Any], columns: Any) -> str:
    return json.dumps({name: value for name, value in row.items() if name in columns}, sort_keys=True)


def test_the_afternoon_of_the_first_release_has_every_table_and_every_status(first_release: House) -> None:
    rows = first_release.rows()
    assert [table for table in rows if not rows[table]] == ["applied_files"]  # the loader's own, and it never ran
    statuses = first_release.conn.execute(STATUSES).fetchall()
    assert {table for table, _ in statuses} == {
        "core.chat_sessions", "core.pairing_offers", "core.payment_requests", "core.session_extensions"
    }  # fmt: skip
    for table, status in statuses:
        assert status in {row["status"] for row in rows[table.removeprefix("core.")]}, (table, status)


def test_an_upgrade_loses_no_row_and_no_rupiah(first_release: House) -> None:
    before = first_release.rows()
    balance = first_release.conn.execute(BALANCE).fetchone()

    migrate(first_release.url)

    # the super admin may do what is new, too
    assert lost(before, first_release.rows()).keys() == {"roles"}
    assert first_release.conn.execute(BALANCE).fetchone() == balance
    assert balance is not None
    assert min(balance[:4]) > 0
    first_release.assert_all_is_well()


def test_roles_of_operators_keep_what_they_may_and_default_roles_are_made_once(first_release: House) -> None:
    own = {"sessions": ["read"], "payments": ["read"], "dashboard": ["read"], "mirror": ["read"]}
    migrate(first_release.url)
    made = {row["name"]: row["permissions"] for row in first_release.rows()["roles"]}
    assert made.keys() == {"super_admin", "supervisor", "support", "finance", "viewer"}
    assert made["support"] == own  # whoever saw the mirror with dashboard:read still may

    first_release.conn.execute("DELETE FROM core.roles WHERE name = 'viewer'")
    first_release.conn.execute("UPDATE core.roles SET permissions = '{}' WHERE name = 'finance'")
    migrate(first_release.url)
    assert {row["name"]: row["permissions"] for row in first_release.rows()["roles"]} == {
        "super_admin": made["super_admin"], "supervisor": made["supervisor"], "support": own, "finance": {},
    }  # fmt: skip


def test_an_upgraded_database_is_like_a_new_one(first_release: House, conn: psycopg.Connection) -> None:
    migrate(first_release.url)
    assert picture(first_release.conn) == picture(conn)


def test_what_was_going_on_goes_on_after_the_upgrade(first_release: House) -> None:
    migrate(first_release.url)
    value, session, payment = first_release.value, first_release.session, first_release.payment

    first_release.settle()  # what became due during the upgrade
    assert [session(5), session(7), payment(21)] == ["closing", "completed", "expired"]
    assert value("SELECT status FROM core.pairing_offers WHERE id = %s", f"f{6:031}") == "cancelled"

    value("SELECT api.accept_offer(%s, %s)", f"f{4:031}", SARI)
    assert [session(2), payment(2)] == ["active", "consumed"]
    value("SELECT api.respond_to_extension(%s, %s, %s, true)", f"e{6:031}", f"5{6:031}", SARI)
    assert [session(6), payment(106)] == ["active", "consumed"]
    left = value("SELECT expires_at - clock_timestamp() FROM core.chat_sessions WHERE id = %s", f"5{6:031}")
    assert 14 * 60 < left.total_seconds() <= 15 * 60  # five minutes were left, ten are bought

    for number in (3, 17, 20):  # links of the first release: accepted, searching, and nothing yet
        value("SELECT api.confirm_payment(%s)", f"b{number:031}")
    value("SELECT api.confirm_payment(%s, clock_timestamp() - interval '10 minutes')", f"b{22:031}")  # paid in time
    assert [session(3), payment(3), payment(17), payment(20), payment(22)] == [
        "active", "consumed", "confirmed", "confirmed", "confirmed"
    ]  # fmt: skip
    assert first_release.conn.execute("SELECT * FROM api.expire_stale_payment_requests()").fetchone() == (0, 0, 1)
    assert value("SELECT count(*) FROM api.unoffered_sessions()") == 5
    assert value("SELECT api.request_refund(%s) ->> 'refund_status'", f"b{12:031}") == "refunded"  # an old debt
    first_release.assert_all_is_well()

    for _ in range(2):  # the clocks, then the last words
        with first_release.conn.transaction():
            first_release.conn.execute(EVERYTHING_IS_DUE)
        first_release.settle()
    assert value("SELECT count(*) FROM core.chat_sessions WHERE core.is_open(status)") == 0
    first_release.assert_all_is_well()


def test_rolling_the_upgrade_back_keeps_what_the_first_release_had(first_release: House) -> None:
    before = first_release.rows()
    since = migrate(first_release.url).migrations
    columns = before["roles"][0].keys()
    permissions = [{name: role[name] for name in columns} for role in first_release.rows()["roles"]]

    assert roll_back(first_release.url, len(since)) == since[::-1]

    after = first_release.rows()
    assert after.keys() == before.keys()
    assert lost(before | {"roles": permissions}, after) == {}
    assert migrate(first_release.url).migrations == since
    assert lost(before | {"roles": permissions}, first_release.rows()) == {}
    first_release.assert_all_is_well()


def shape(lines: set[str]) -> set[str]:
    """A picture without whether constraints were held against rows of before: that is never undone."""
    return {line.removesuffix(" NOT VALID") for line in lines}


@in_proof_alone("migrates twice for each migration")
def test_each_rollback_undoes_its_migration_and_nothing_else(empty_database_url: str, tmp_path: Path) -> None:
    """Up one by one and down again, tables alone: the functions of today would not fit the tables of then."""
    (tmp_path / "migrations").mkdir()
    files = sorted(path for path in MIGRATIONS.glob("*.sql") if ".rollback" not in path.name)
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        pictures = [picture(conn)]
        for file in files:
            for path in (file, file.with_suffix(".rollback.sql")):
                shutil.copy(path, tmp_path / "migrations")
            assert migrate(empty_database_url, tmp_path, drop=True).migrations == [file.stem]
            pictures.append(picture(conn))
        assert all(left != right for left, right in pairwise(pictures))
        for file, before in zip(reversed(files), reversed(pictures[:-1]), strict=True):
            roll_back(empty_database_url, 1, tmp_path)
            assert shape(picture(conn)) == shape(before), file.name


def test_a_released_migration_is_never_edited() -> None:
    released = [line.split() for line in RELEASED.read_text().splitlines()]
    assert {path.name for path in FIRST_RELEASE} <= {name for _, name in released}
    edited = [
        name for digest, name in released if hashlib.sha256((MIGRATIONS / name).read_bytes()).hexdigest() != digest
    ]
    assert edited == []
