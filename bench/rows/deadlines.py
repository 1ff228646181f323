"""Sessions that end all at once, among many that run on, and how late a session ends on an ordinary day."""

import time

import psycopg

from bench.row import P50, P99, Outcome, Run, Sample, bound, in_turn
from bench.stage import Stage, stage

WHAT = "deadlines"
WORKLOAD = (
    "10,000 sessions ending within one second among 20,000 open (full: 100,000); and 50 a second for some seconds."
)

ENDING = 10_000
A_SECOND = 50
ALL_MOVED = "s from the first deadline to the last end"
AT_ONCE, ORDINARY = "10,000 at once", "50 a second"

RUNNING = """
SET LOCAL session_replication_role = replica;   -- data, not something that happens
INSERT INTO core.customers (id) SELECT gen_random_uuid() FROM generate_series(1, {sessions});
INSERT INTO core.mitras (id, display_name, phone, max_sessions)
SELECT gen_random_uuid(), 'Bench', '+6281' || lpad(n::text, 8, '0'), 3 FROM generate_series(1, {sessions} / 2) AS n;
INSERT INTO core.mitra_online_status (mitra_id, is_online, last_online_at, last_heartbeat_at)
SELECT id, true, now(), now() FROM core.mitras;
INSERT INTO core.mitra_loads (mitra_id) SELECT id FROM core.mitras;
INSERT INTO core.event_streams (recipient, last_seq)
SELECT 'customer:' || id, 0 FROM core.customers UNION ALL SELECT 'mitra:' || id, 0 FROM core.mitras;
INSERT INTO core.chat_sessions (customer_id, mitra_id, status, duration_minutes, started_at, expires_at)
SELECT customer.id, mitra.id, 'active', 60, now(), now() + interval '100 hours'
FROM (SELECT id, row_number() OVER () AS n FROM core.customers) AS customer
JOIN (SELECT id, row_number() OVER () AS n FROM core.mitras) AS mitra ON mitra.n = 1 + customer.n % ({sessions} / 2);
UPDATE core.mitra_loads AS load SET capacity = core.capacity(load.mitra_id);
"""
ANEW = """
SET LOCAL session_replication_role = replica;
UPDATE core.chat_sessions SET status = 'active', expires_at = now() + interval '100 hours', closing_ends_at = NULL,
    closing_cause = NULL, ran_until = NULL
WHERE status <> 'active';
UPDATE core.mitra_loads AS load SET capacity = core.capacity(load.mitra_id);
TRUNCATE core.deadline_runs
"""
END = """
UPDATE core.chat_sessions SET expires_at = clock_timestamp() + interval '1.5 s' + random() * make_interval(secs => %s)
WHERE id IN (SELECT id FROM core.chat_sessions ORDER BY random() LIMIT %s)
"""
LATE = """
SELECT count(*), extract(epoch FROM max(run.at) - min(run.at - late * interval '1 ms'))::float8,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY late), percentile_cont(0.99) WITHIN GROUP (ORDER BY late)
FROM core.deadline_runs AS run CROSS JOIN unnest(run.lateness_ms) AS late WHERE run.kind = 'expiry'
"""


def measure(run: Run) -> Outcome:
    with stage() as on:
        with on.connect() as conn:
            conn.execute("SELECT api.set_config('closure_grace_seconds', '300', 'bench')")
            with conn.transaction():
                conn.execute(RUNNING.format(sessions=100_000 if run.is_full else 20_000).encode())
            conn.execute("VACUUM ANALYZE")
        with on.listener():
            samples = in_turn(
                run,
                {
                    AT_ONCE: lambda: _ended(on, ENDING, within=1.0),
                    ORDINARY: lambda: _ended(on, int(A_SECOND * run.seconds), within=run.seconds),
                },
            )
    return Outcome(
        [
            bound(
                "10,000 at once: s from the first deadline to the last end", samples[AT_ONCE], ALL_MOVED, at_most=3.0
            ),
            bound("50 a second: lateness p99, ms", samples[ORDINARY], P99, at_most=250.0),
        ],
        samples,
        drawn=P99,
    )


def _ended(on: Stage, count: int, *, within: float) -> Sample:
    """Let so many sessions end within some seconds, and wait until all have."""
    with on.connect() as conn:
        with conn.transaction():
            conn.execute(ANEW)
        conn.execute("VACUUM core.chat_sessions, core.mitra_loads, core.event_streams")
        conn.execute(END, [within, count])
        deadline = time.monotonic() + within + 60
        while (found := _found(conn))[0] < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"only {found[0]} of {count} sessions ended")
            time.sleep(0.2)
    return {ALL_MOVED: found[1], P50: found[2], P99: found[3]}


def _found(conn: psycopg.Connection) -> tuple[int, float, float, float]:
    row = conn.execute(LATE).fetchone()
    assert row is not None
    return row
