"""No function reads more the longer the system runs: what each reads of each table is counted, nested statements too.

The database is large: thousands of mitras, and sessions with all that belongs to them (`bench/large.sql`).
"""

import re
from collections.abc import Mapping

import psycopg
import pytest

from tests.functions.calls import CALLS, SOMEBODY, UNCALLED
from tests.functions.slices import EDGES, SLICES
from tests.functions.whole import WHOLE
from tests.support.explained import EXPLAINED
from tests.support.psql import ROOT
from tests.support.sizes import IS_PROOF

LARGE = ROOT / "bench" / "large.sql"
SIZE = (
    {"mitras": 10_000, "sessions": 100_000, "days": 90}
    if IS_PROOF
    else {"mitras": 3_000, "sessions": 15_000, "days": 3}
)
# More than a call needs for what it is asked for and for all that goes on, which grows with the mitras: a tenth of
# them has somebody who searches. Fewer than there are of anything that grows with time.
MOST = SIZE["mitras"] // 3
# What stays as small as it is, however many people come.
SMALL = {
    "app_config",
    "applied_files",
    "control_center_users",
    "leaderships",
    "message_templates",
    "price_packages",
    "roles",
}
# For each table with its indexes and partitions: the rows that scans returned in this transaction.
READ = r"""
SELECT regexp_replace(belongs.relname, '_\d{8}$', ''), sum(pg_stat_get_xact_tuples_returned(scanned.oid))::bigint
FROM pg_class AS scanned
LEFT JOIN pg_index AS index ON index.indexrelid = scanned.oid
JOIN pg_class AS belongs ON belongs.oid = coalesce(index.indrelid, scanned.oid)
WHERE scanned.relnamespace = 'core'::regnamespace AND scanned.relkind IN ('r', 'i')
GROUP BY 1
"""


def overdue(table: str, column: str, where: str = "true", key: str = "id") -> str:
    """A statement that makes some of the rows overdue."""
    some = f"SELECT {key} FROM core.{table} WHERE {where} LIMIT %(due)s"
    return f"UPDATE core.{table} SET {column} = now() WHERE {key} IN ({some})"


MAKE_DUE = {
    "closure": overdue("chat_sessions", "closing_ends_at", "status = 'closing'"),
    "expiry": overdue("chat_sessions", "expires_at", "status = 'active'"),
    "first_reply": overdue("reply_deadlines", "due_at", key="session_id"),
    "offer": overdue("pairing_offers", "expires_at", "status = 'offered'"),
    "pairing": overdue("chat_sessions", "pairing_deadline", "status = 'searching'"),
    "payment": overdue("payment_requests", "expires_at", "status = 'pending'"),
    "warning": overdue("session_warnings", "due_at", key="session_id"),
    "withdrawal": overdue("mitra_withdrawals", "due_at"),
}


TOGETHER = 100
MOST_COMPARED = 1_000

BY_ID = {
    "list_all_sessions": "chat_sessions",
    "list_customers": "customers",
    "list_mitras": "mitras",
    "list_payment_requests": "payment_requests",
}


class Reads:
    """What statements of a connection read. Nothing stays of them."""

    def __init__(self, conn: psycopg.Connection) -> None:
        self._conn = conn
        # A disk without a head, so that less than a million rows are many.
        conn.execute("SET random_page_cost = 1.1")

    def of(self, query: str, params: Mapping[str, object], *, before: str = "") -> dict[str, int]:
        """How many rows of each table a query reads. `before` is a statement that prepares the ground."""
        with self._conn.transaction(force_rollback=True):
            self._conn.execute(before.encode())
            former = self._now()
            self._conn.execute(query.encode(), params)
            return {table: rows - former.get(table, 0) for table, rows in self._now().items()}

    def _now(self) -> dict[str, int]:
        return dict(self._conn.execute(READ.encode()).fetchall())


@pytest.mark.grows
def test_no_function_reads_more_the_longer_the_system_runs(conn: psycopg.Connection) -> None:
    for name, value in SIZE.items():
        conn.execute("SELECT set_config(%s, %s, false)", [f"large.{name}", str(value)])
    conn.execute(LARGE.read_bytes())
    somebody = {name: conn.execute(query.encode()).fetchone()[0] for name, query in (SOMEBODY | EDGES).items()}  # type: ignore[index]
    reads = Reads(conn)
    faults = []
    # a slice is planned for its ends, as check_invariants says
    for mode, calls in (("auto", CALLS), ("force_generic_plan", CALLS), ("force_custom_plan", SLICES)):
        conn.execute("SELECT set_config('plan_cache_mode', %s, false)", [mode])
        read = {name: reads.of(query, somebody) for name, query in calls.items()}
        for kind, query in MAKE_DUE.items() if calls is CALLS else ():
            read[f"run_due of kind {kind}"] = reads.of("SELECT * FROM api.run_due(20)", {}, before=query % {"due": 20})
        for name, tables in read.items():
            whole, _ = WHOLE.get(re.split(r"[, ]", name)[0], ((), ""))
            faults += [
                f"{name}, {mode}: {rows} rows of {table}"
                for table, rows in tables.items()
                if rows > MOST and table not in SMALL and table not in whole
            ]

    assert faults == [], "\n".join(faults)


def test_no_statement_of_work_on_many_compares_each_row_with_each_other(conn: psycopg.Connection) -> None:
    for name, value in {"mitras": 400, "sessions": 4_000, "days": 3}.items():
        conn.execute("SELECT set_config(%s, %s, false)", [f"large.{name}", str(value)])
    conn.execute(LARGE.read_bytes())
    told: list[str] = []
    conn.add_notice_handler(lambda notice: told.append(notice.message_primary or ""))
    for statement in EXPLAINED:
        conn.execute(statement)
    moved, faults = {}, []
    for kind, query in MAKE_DUE.items():
        with conn.transaction(force_rollback=True):
            conn.execute((query % {"due": TOGETHER}).encode())
            told.clear()
            moved[kind] = len(conn.execute("SELECT FROM api.run_due(%s)", [TOGETHER]).fetchall())
        faults += [
            f"{kind}: {plan}"
            for plan in told
            if any(int(rows) > MOST_COMPARED for rows in re.findall(r"Rows Removed by Join Filter: (\d+)", plan))
        ]

    assert faults == []
    assert min(moved.values()) > 10, moved


def test_what_begins_like_an_id_is_found_by_the_primary_key(conn: psycopg.Connection) -> None:
    for name, value in {"mitras": 400, "sessions": 4_000, "days": 3}.items():
        conn.execute("SELECT set_config(%s, %s, false)", [f"large.{name}", str(value)])
    conn.execute(LARGE.read_bytes())
    reads, read = Reads(conn), {}
    for function, table in BY_ID.items():
        (begins,) = conn.execute(f"SELECT left(id::text, 8) FROM core.{table} LIMIT 1".encode()).fetchone() or ("",)
        read[table] = reads.of(f"SELECT api.{function}(p_q => %(begins)s)", {"begins": begins})[table]

    assert {table for table, rows in read.items() if rows not in range(1, 20)} == set(), read


def test_a_page_of_periods_reads_the_payouts_of_these_periods_alone(conn: psycopg.Connection) -> None:
    mitras, periods, page = 20, 500, 6
    numbers = "generate_series(1001, 1000 + %s) AS n"
    conn.execute(
        f"INSERT INTO core.mitras (display_name, phone) SELECT 'Sari', '+62812000' || n FROM {numbers}", [mitras]
    )
    conn.execute(
        f"INSERT INTO core.payout_periods (until, closed_at) SELECT at, at FROM {numbers},"
        " LATERAL (SELECT now() - n * interval '1 day' AS at) AS day",
        [periods],
    )
    conn.execute(
        "INSERT INTO core.payouts (mitra_id, until, amount)"
        " SELECT id, until, 1 FROM core.payout_periods, core.mitras ORDER BY random()"
    )
    conn.execute("ANALYZE core.payout_periods, core.payouts")
    read = Reads(conn).of("SELECT api.list_payout_periods(%(page)s)", {"page": page})
    assert read["payouts"] == page * mitras
    assert read["payout_periods"] < periods


def test_every_function_of_api_and_ops_is_called_or_named(conn: psycopg.Connection) -> None:
    schemas = "('api'::regnamespace, 'ops'::regnamespace)"
    query = f"SELECT DISTINCT oid::regproc::text FROM pg_proc WHERE pronamespace IN {schemas}"
    there = {name for (name,) in conn.execute(query.encode())}
    called = set(re.findall(r"\b((?:api|ops)\.\w+)\(", " ".join(CALLS.values())))

    assert there - called == set(UNCALLED)
    assert {name for name in WHOLE if not any(re.split(r"[, ]", call)[0] == name for call in CALLS)} == set()


def test_what_is_read_is_counted_however_deep_and_by_whichever_scan(conn: psycopg.Connection) -> None:
    conn.execute("INSERT INTO core.customers SELECT FROM generate_series(1, 500)")
    conn.execute("ANALYZE core.customers")
    conn.execute(
        "CREATE FUNCTION core.scan() RETURNS bigint LANGUAGE plpgsql AS $$"
        " BEGIN RETURN (SELECT count(*) FROM core.customers WHERE locale <> 'xx'); END $$"
    )
    reads = Reads(conn)

    assert reads.of("SELECT core.scan()", {})["customers"] == 500
    conn.execute("SET enable_seqscan = off")
    assert reads.of("SELECT max(created_at) FROM core.customers WHERE created_at <= now()", {})["customers"] < 9
    walked = reads.of("SELECT id FROM core.customers ORDER BY created_at OFFSET 99 LIMIT 1", {})["customers"]
    assert walked in range(100, 200), "what was passed over is counted, and not the whole table"
