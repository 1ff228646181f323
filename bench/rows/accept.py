"""Ten mitras race for each session, against bare UPDATEs that do the same."""

from bench.pgbench import rate
from bench.row import RATE, Outcome, Run, Sample, in_turn, ratio
from bench.stage import Stage, stage

WHAT = "accept under contention"
WORKLOAD = "10 mitras, each on a connection of its own, race for each of 1,000 sessions; so do the yardstick's."

SESSIONS = 1000
RACERS = 10
OURS, BARE = "Halobestie", "the same UPDATEs and one pg_notify in pgbench, as many commits"

# A thousand mitras with a hundred slots; session n is offered to the ten of group n % 100.
PREPARED = f"""
INSERT INTO core.price_packages (name, duration_minutes, price) VALUES ('Bench', 60, 1000);
INSERT INTO core.mitras (display_name, phone, max_sessions)
SELECT 'Bench', '+6281' || lpad(n::text, 8, '0'), 100 FROM generate_series(0, 999) AS n;
SELECT api.go_online(mitra_id) FROM core.mitra_online_status;
INSERT INTO core.customers SELECT FROM generate_series(1, {SESSIONS});
CREATE TABLE bench_mitras AS SELECT id, right(phone, 8)::integer AS n FROM core.mitras;
CREATE TABLE bench_customers AS SELECT id, row_number() OVER () AS n FROM core.customers;
CREATE TABLE bench_offers (
    n integer, racer integer, offer_id uuid, mitra_id uuid, session_id uuid, payment_id uuid, PRIMARY KEY (n, racer));
CREATE FUNCTION bench_accept(p_n integer, p_racer integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM api.accept_offer(offer_id, mitra_id) FROM bench_offers WHERE n = p_n AND racer = p_racer;
EXCEPTION WHEN SQLSTATE 'PT409' THEN
    NULL;       -- another mitra was faster
END
$$;
"""
ANEW = """
SET LOCAL session_replication_role = replica;   -- data, not something that happens
TRUNCATE core.chat_sessions, core.events, core.event_queue, bench_offers CASCADE;
UPDATE core.mitra_loads SET capacity = 0;
WITH search AS (
    INSERT INTO core.chat_sessions (customer_id, status, duration_minutes, pairing_deadline)
    SELECT id, 'pending_acceptance', 60, now() + interval '1 hour' FROM bench_customers RETURNING id, customer_id
), paid AS (
    INSERT INTO core.payment_requests (
        customer_id, session_id, package_id, status, duration_minutes, amount, paid_at, confirmed_at)
    SELECT search.customer_id, search.id, package.id, 'confirmed', 60, 1000, now(), now()
    FROM search, core.price_packages AS package
    RETURNING id, session_id
), offered AS (
    INSERT INTO core.pairing_offers (session_id, mitra_id, round, wave, expires_at)
    SELECT search.id, mitra.id, 1, 1, now() + interval '1 hour'
    FROM search JOIN bench_customers AS customer ON customer.id = search.customer_id
    JOIN bench_mitras AS mitra ON mitra.n % 100 = customer.n % 100
    RETURNING id, session_id, mitra_id
)
INSERT INTO bench_offers
SELECT customer.n, mitra.n / 100, offered.id, mitra.id, search.id, paid.id
FROM search JOIN bench_customers AS customer ON customer.id = search.customer_id
JOIN paid ON paid.session_id = search.id JOIN offered ON offered.session_id = search.id
JOIN bench_mitras AS mitra ON mitra.id = offered.mitra_id;
"""
RACE = "\\set n :n + 1\nSELECT bench_accept(:n, :client_id);\n"
UPDATES = """
\\set n :n + 1
BEGIN;
SELECT session_id, payment_id, mitra_id, offer_id FROM bench_offers WHERE n = :n AND racer = :client_id \\gset
WITH won AS (
    UPDATE core.chat_sessions SET status = 'active', mitra_id = :mitra_id, started_at = now(),
        expires_at = now() + interval '1 hour', pairing_deadline = NULL
    WHERE id = :session_id AND status = 'pending_acceptance' RETURNING 1
) SELECT count(*) AS won FROM won \\gset
\\if :won
UPDATE core.pairing_offers SET settled_at = now(), status = CASE id WHEN :offer_id THEN 'accepted' ELSE 'rescinded' END
WHERE session_id = :session_id;
UPDATE core.payment_requests SET status = 'consumed', consumed_at = now() WHERE id = :payment_id;
UPDATE core.mitra_loads SET capacity = capacity + 1, version = version + 1 WHERE mitra_id = :mitra_id;
SELECT pg_notify('mitra_mirror', :mitra_id);
\\endif
COMMIT;
"""


def measure(run: Run) -> Outcome:
    with stage() as on:
        with on.connect() as conn:
            conn.execute(PREPARED.encode())
        samples = in_turn(run, {OURS: lambda: _accepted(on), BARE: lambda: _updated(on)})
    return Outcome([ratio("sessions/s ÷ bare UPDATEs", samples[OURS], samples[BARE], at_least=0.5)], samples)


def _accepted(on: Stage) -> Sample:
    _prepare(on)
    calls = rate(on, RACE, clients=RACERS, each=SESSIONS)
    _require_all_taken(on)
    return {RATE: calls / RACERS}


def _updated(on: Stage) -> Sample:
    _prepare(on)
    with on.connect() as conn:
        conn.execute("ALTER ROLE postgres SET session_replication_role = replica")  # no triggers
        calls = rate(on, UPDATES, clients=RACERS, each=SESSIONS)
        conn.execute("ALTER ROLE postgres RESET session_replication_role")
    _require_all_taken(on)
    return {RATE: calls / RACERS}


def _prepare(on: Stage) -> None:
    with on.connect() as conn:
        with conn.transaction():
            conn.execute(ANEW.encode())
        conn.execute("VACUUM ANALYZE")


def _require_all_taken(on: Stage) -> None:
    with on.connect() as conn:
        found = conn.execute("SELECT count(*) FROM core.chat_sessions WHERE status = 'active'").fetchone()
    if found != (SESSIONS,):
        raise AssertionError(f"{found} of {SESSIONS} sessions were taken")
