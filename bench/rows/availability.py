"""PostgreSQL's own answers about availability, while Valkey can't tell or says no, as the mitras become more."""

import statistics
import time
from typing import LiteralString
from uuid import UUID

import psycopg

from bench.row import Outcome, Run, Target
from bench.stage import stage

WHAT = "availability in PostgreSQL, as N grows"
WORKLOAD = "SQL in one session; all mitras online, first all of them full, then all free."

SIZES = (1_000, 10_000, 100_000)
FULL_SIZES = (*SIZES, 1_000_000)
CALLS_A_ROUND = 20
GROWN: LiteralString = """
SET session_replication_role = replica;
INSERT INTO core.mitras (display_name, phone) SELECT 'Bench', '+62991' || lpad(n::text, 9, '0')
FROM generate_series((SELECT count(*) FROM core.mitras) + 1, %(size)s) AS n;
INSERT INTO core.mitra_online_status (mitra_id, is_online, last_online_at, last_heartbeat_at)
SELECT id, true, now() - random() * interval '1 hour', now() + interval '1 day' FROM core.mitras
ON CONFLICT DO NOTHING;
INSERT INTO core.mitra_loads (mitra_id) SELECT id FROM core.mitras ON CONFLICT DO NOTHING;
RESET session_replication_role;
"""
LOADED: LiteralString = """
UPDATE core.mitra_loads AS load SET capacity = %(capacity)s,
    waits_since = core.waits_since(mitra, status, %(capacity)s, load.idle_since)
FROM core.mitras AS mitra JOIN core.mitra_online_status AS status ON status.mitra_id = mitra.id
WHERE mitra.id = load.mitra_id
"""
FULL: dict[str, LiteralString] = {
    "a payment is refused, all full": (
        "SELECT api.create_payment_request(%(customer)s, %(package)s, p_anyone_available => false)"
    ),
    "a wave finds nobody, all full": "SELECT api.blast(%(search)s)",
    "the beacon, all full": "SELECT api.availability()",
}
FREE: dict[str, LiteralString] = {
    "the best hundred, all free": "SELECT count(*) FROM api.best_mitras(100)",
    "the beacon, all free": "SELECT api.availability()",
}
COUNTED = "the beacon, all free"  # a count of all of them, of which no more is asked than its curve


def measure(run: Run) -> Outcome:
    curves: dict[str, dict[int, float]] = {name: {} for name in (*FULL, *FREE)}
    rounds: dict[tuple[str, int], list[float]] = {}
    sizes = FULL_SIZES if run.is_full else SIZES
    with stage() as on, on.connect() as conn:
        ids = _people(conn)
        for size in sizes:
            conn.execute(GROWN.replace("%(size)s", str(size)).encode())
            for capacity, calls in ((3, FULL), (0, FREE)):
                conn.execute(LOADED, {"capacity": capacity})
                conn.execute("VACUUM ANALYZE")
                for name, query in calls.items():
                    times = [_milliseconds(conn, query, ids) for _ in range(run.rounds)]
                    rounds[name, size] = times
                    curves[name][size] = statistics.median(times)
    least, most = sizes[0], sizes[-1]
    targets = [
        Target(
            f"{name}: {most:,} ÷ {least:,} mitras",
            [large / small for large, small in zip(rounds[name, most], rounds[name, least], strict=True)],
            at_most=2.0,
        )
        for name in curves
        if name != COUNTED
    ]
    return Outcome(targets, curves=curves, unit="ms a call")


def _people(conn: psycopg.Connection) -> dict[str, UUID]:
    conn.execute("SELECT api.create_package('Bench', 15, 10000)")
    row = conn.execute("SELECT gen_random_uuid(), gen_random_uuid(), id FROM core.price_packages LIMIT 1").fetchone()
    assert row is not None
    customer, searcher, package = row
    conn.execute("INSERT INTO core.customers (id) VALUES (%s), (%s)", [customer, searcher])
    search = conn.execute(
        "SELECT api.confirm_payment((api.create_payment_request(%s, %s, p_anyone_available => true) ->> 'id')::uuid)"
        " ->> 'session_id'",
        [searcher, package],
    ).fetchone()
    assert search is not None
    conn.execute("UPDATE core.chat_sessions SET pairing_deadline = now() + interval '1 day'")
    return {"customer": customer, "package": package, "search": UUID(search[0])}


def _milliseconds(conn: psycopg.Connection, query: LiteralString, ids: dict[str, UUID]) -> float:
    """The median of some calls of which nothing stays; a refusal is an answer, too."""
    times = []
    for _ in range(CALLS_A_ROUND):
        try:
            with conn.transaction(force_rollback=True):
                started = time.perf_counter()
                try:
                    conn.execute(query, ids)
                finally:
                    times.append(time.perf_counter() - started)
        except psycopg.Error as refusal:
            if refusal.sqlstate != "PT409":
                raise
    return statistics.median(times) * 1000
