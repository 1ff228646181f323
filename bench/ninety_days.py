"""Days of a market that are over, made in SQL: what the control centre has to read after three months.

`fill` makes them day by day on two connections, while the indexes of what it fills are away: 90 days of 10,000 sessions
are eleven million rows.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

FILLED = (
    "audit_log", "chat_sessions", "customer_transactions", "earning_payouts", "mitra_earnings", "mitra_status_log",
    "pairing_failures", "pairing_offers", "payment_requests", "payouts", "refunds", "session_ratings",
    "session_services", "webhook_receipts",
)  # fmt: skip
CONNECTIONS = 2
PEOPLE = """
CREATE TABLE bench_customers AS SELECT row_number() OVER () AS n, id FROM core.customers;
CREATE TABLE bench_mitras AS SELECT row_number() OVER () AS n, id FROM core.mitras;
CREATE UNIQUE INDEX ON bench_customers (n);
CREATE UNIQUE INDEX ON bench_mitras (n);
ANALYZE bench_customers, bench_mitras
"""
CUSTOMERS = "INSERT INTO core.customers (created_at) SELECT now() - interval '90 days' FROM generate_series(1, %s)"
INDEXES = """
SELECT index.indexrelid::regclass::text, pg_get_indexdef(index.indexrelid)
FROM pg_index AS index JOIN pg_class AS filled ON filled.oid = index.indrelid
WHERE filled.relnamespace = 'core'::regnamespace AND filled.relname = ANY (%s)
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = index.indexrelid)
"""
DAY = Path(__file__).with_name("ninety_days.sql").read_bytes()


Connect = Callable[[], psycopg.Connection]


def fill(connect: Connect, *, sessions: int, days: int = 90) -> None:
    """Make so many days of so many sessions, of the mitras that there are and as many customers as sessions a day.

    It needs a package called Bench, and connections in autocommit mode as a superuser.
    """
    with connect() as conn:
        conn.execute(CUSTOMERS, [sessions])
        conn.execute(PEOPLE.encode())
        indexes = conn.execute(INDEXES, [list(FILLED)]).fetchall()
        for name, _ in indexes:
            conn.execute(f"DROP INDEX {name}".encode())
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            work = [
                pool.submit(_days, connect, range(1 + n, days + 1, CONNECTIONS), sessions) for n in range(CONNECTIONS)
            ]
            for one in work:
                one.result()
            built = [pool.submit(_build, connect, definitions) for definitions in _halves([of for _, of in indexes])]
            for one in built:
                one.result()
        conn.execute("SELECT api.rebuild_figures('-infinity', 'infinity')")
        conn.execute("SELECT api.fold_figures(10000000)")
        conn.execute("VACUUM ANALYZE")


def _days(connect: Connect, days: range, sessions: int) -> None:
    with connect() as conn:
        conn.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        conn.execute("SELECT set_config('days.sessions', %s, false)", [str(sessions)])
        for day in days:
            conn.execute("SELECT set_config('days.day', %s, false)", [str(day)])
            with conn.transaction():
                conn.execute(DAY)


def _build(connect: Connect, definitions: list[str]) -> None:
    with connect() as conn:
        conn.execute("SET maintenance_work_mem = '256MB'; SET max_parallel_maintenance_workers = 0")
        for definition in definitions:
            conn.execute(definition.encode())


def _halves(definitions: list[str]) -> list[list[str]]:
    return [definitions[n::CONNECTIONS] for n in range(CONNECTIONS)]
