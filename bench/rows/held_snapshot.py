"""The same work with and without a transaction that keeps an old snapshot: dead rows must not slow it down."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial

import psycopg

from bench.pgbench import rate
from bench.row import Outcome, Run, Sample, in_turn, ratio
from bench.stage import Stage, stage

WHAT = "held snapshot"
WORKLOAD = (
    "4 connections pair and end sessions, a listener beside them; held: an idle transaction that has written, "
    "and four REPEATABLE READ readers."
)

MITRAS = 400
READERS = 4
CLIENTS = 4
CLEAN, HELD = "clean", "held"
ACCEPTS, EVENTS, DEADLINES = "accepts a second", "events dispatched a second", "deadlines met a second"

PREPARED = f"""
INSERT INTO core.price_packages (name, duration_minutes, price) VALUES ('Bench', 60, 1000);
INSERT INTO core.mitras (display_name, phone, max_sessions)
SELECT 'Bench', '+6281' || lpad(n::text, 8, '0'), 100 FROM generate_series(1, {MITRAS}) AS n;
SELECT api.go_online(mitra_id) FROM core.mitra_online_status;
SELECT api.set_config(key, value, 'bench') FROM (VALUES
    ('closure_grace_seconds', '5'::jsonb), ('heartbeat_stale_seconds', '3600')) AS rule (key, value);
CREATE TABLE bench_mitras AS SELECT id FROM core.mitras;
CREATE FUNCTION bench_offer(OUT offer uuid, OUT mitra uuid) LANGUAGE plpgsql AS $$
DECLARE
    v_customer uuid;
    v_session uuid;
BEGIN
    INSERT INTO core.customers DEFAULT VALUES RETURNING id INTO v_customer;
    v_session := api.confirm_payment((api.create_payment_request(
        v_customer, (SELECT id FROM core.price_packages), p_anyone_available => true) ->> 'id')::uuid) ->> 'session_id';
    WHILE offer IS NULL LOOP        -- a mitra that is busy just now gets none
        SELECT made.offer_id, made.mitra_id INTO offer, mitra
        FROM api.blast(v_session, ARRAY[(
            SELECT id FROM bench_mitras ORDER BY random() LIMIT 1)]) AS made;
    END LOOP;
END
$$;
"""
LIFE = """
SELECT * FROM bench_offer() \\gset
SELECT api.accept_offer(:offer, :mitra) ->> 'id' AS session \\gset
UPDATE core.chat_sessions SET expires_at = clock_timestamp() + interval '1 second' WHERE id = :session;
"""
DONE = """
SELECT (SELECT sum(seq) FROM core.event_positions)::float8,
    (SELECT sum(cardinality(lateness_ms)) FROM core.deadline_runs)::float8
"""


def measure(run: Run) -> Outcome:
    seconds = run.seconds * (60 if run.is_full else 4)
    with stage() as on:
        with on.connect() as conn:
            conn.execute(PREPARED.encode())
        with on.listener():
            _lived(on, run.seconds)
            contenders = {who: partial(_lived, on, seconds, is_held=who == HELD) for who in (CLEAN, HELD)}
            samples = in_turn(run, contenders)
    targets = [ratio(f"{of}: held ÷ clean", samples[HELD], samples[CLEAN], of, at_least=0.95)
               for of in (ACCEPTS, EVENTS, DEADLINES)]  # fmt: skip
    return Outcome(targets, samples, drawn=ACCEPTS)


def _lived(on: Stage, seconds: float, *, is_held: bool = False) -> Sample:
    """Work for so many seconds; what was done in a second."""
    with on.connect() as conn:
        conn.execute("VACUUM ANALYZE")
        with _held(on) if is_held else nullcontext():
            before, began = _done(conn), time.monotonic()
            accepts = rate(on, LIFE, clients=CLIENTS, seconds=seconds)
            events, deadlines = (
                (now - then) / (time.monotonic() - began) for now, then in zip(_done(conn), before, strict=True)
            )
    return {ACCEPTS: accepts, EVENTS: events, DEADLINES: deadlines}


@contextmanager
def _held(on: Stage) -> Iterator[None]:
    with ExitStack() as stack:
        for number in range(READERS + 1):
            conn = stack.enter_context(psycopg.connect(on.dsn))
            conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            conn.execute("SELECT pg_current_xact_id()" if number == READERS else "SELECT")
        yield


def _done(conn: psycopg.Connection) -> tuple[float, float]:
    row = conn.execute(DONE).fetchone()
    assert row is not None
    return row[0] or 0.0, row[1] or 0.0
