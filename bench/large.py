"""What screens and views cost after ninety days: each call on a small and on a large database.

    python -m bench.large [--mitras 50000] [--sessions 1000000] [--days 90]

`large.sql` makes the database; a million sessions take it some minutes. `fill` is for other benchmarks, too.
"""

import argparse
import statistics
import time
from pathlib import Path
from typing import LiteralString

import psycopg

from bench.stage import stage

SMALL = (1_000, 20_000)
CALLS: dict[str, LiteralString] = {
    "api.availability": "SELECT api.availability()",
    "api.best_mitras": "SELECT count(*) FROM api.best_mitras(100)",
    "api.condition": "SELECT * FROM api.condition()",
    "api.dashboard": "SELECT api.dashboard()",
    "api.explain_pairing, going on": """
        SELECT api.explain_pairing((SELECT id FROM core.chat_sessions WHERE status = 'searching' LIMIT 1))""",
    "api.explain_pairing, over": """
        SELECT api.explain_pairing((SELECT id FROM core.chat_sessions WHERE status = 'completed' LIMIT 1))""",
    "api.find_mitra, after 3,000 sessions": """
        SELECT api.find_mitra((SELECT mitra_id FROM core.chat_sessions GROUP BY 1 ORDER BY count(*) DESC LIMIT 1))""",
    "api.list_all_sessions, extending": "SELECT api.list_all_sessions('extending')",
    "api.list_all_sessions, failed": "SELECT api.list_all_sessions('failed')",
    "api.list_mitras, full": "SELECT api.list_mitras(p_state => 'full')",
    "api.list_payment_requests, stuck": "SELECT api.list_payment_requests(p_is_stuck => true)",
    "api.list_refund_due": "SELECT api.list_refund_due()",
    "api.list_waiting": "SELECT api.list_waiting()",
    "ops.mitra_availability": "SELECT * FROM ops.mitra_availability",
    "ops.open_sessions": "SELECT * FROM ops.open_sessions",
}


def fill(conn: psycopg.Connection, *, mitras: int, sessions: int, days: int) -> None:
    """Make a database as it would be after so many days with so many mitras and sessions."""
    for name, value in (("mitras", mitras), ("sessions", sessions), ("days", days)):
        conn.execute("SELECT set_config(%s, %s, false)", [f"large.{name}", str(value)])
    conn.execute(Path(__file__).with_name("large.sql").read_bytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mitras", type=int, default=50_000)
    parser.add_argument("--sessions", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=90)
    arguments = parser.parse_args()
    found: dict[str, list[float]] = {name: [] for name in CALLS}
    for mitras, sessions in (SMALL, (arguments.mitras, arguments.sessions)):
        with stage() as on, on.connect() as conn:
            fill(conn, mitras=mitras, sessions=sessions, days=arguments.days)
            for name, query in CALLS.items():
                found[name].append(_milliseconds(conn, query))
    sizes = [f"{mitras:,} / {sessions:,}" for mitras, sessions in (SMALL, (arguments.mitras, arguments.sessions))]
    print(f"| ms | {sizes[0]} | {sizes[1]} | ratio |\n|---|---|---|---|")
    for name, (small, large) in found.items():
        print(f"| {name} | {small:.2f} | {large:.2f} | {large / small:.1f} |")


def _milliseconds(conn: psycopg.Connection, query: LiteralString) -> float:
    """The median of seven calls, of which nothing stays."""
    times = []
    for _ in range(7):
        with conn.transaction(force_rollback=True):
            started = time.perf_counter()
            conn.execute(query)
            times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000


if __name__ == "__main__":
    main()
