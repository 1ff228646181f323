CREATE OR REPLACE FUNCTION api.system_report()
RETURNS jsonb
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
-- Lateness of what was settled in the last hour, by kind.
WITH lateness AS (
    SELECT
        run.kind, count(*) AS settled,
        percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY late.ms) AS ms
    FROM core.deadline_runs AS run CROSS JOIN LATERAL unnest(run.lateness_ms) AS late (ms)
    WHERE run.at > (SELECT clock_timestamp() - interval '1 hour')
    GROUP BY run.kind
),
lease AS (
    SELECT held.*, held.until > clock_timestamp() AS is_led
    FROM core.leaderships AS held WHERE held.name = 'listener'
),
-- What holds old rows back: the oldest snapshot, and the tables with most dead rows.
snapshot AS (
    SELECT horizon.held_by, horizon.transactions, extract(epoch FROM horizon.held_for) AS seconds
    FROM ops.horizon() AS horizon
),
dead AS (
    SELECT
        part.schemaname || '.' || part.relname AS name, part.n_dead_tup, part.n_live_tup,
        part.last_autovacuum
    FROM pg_catalog.pg_stat_all_tables AS part
    WHERE part.schemaname = 'core' AND part.n_dead_tup > 0
    ORDER BY part.n_dead_tup DESC LIMIT 10
)
SELECT jsonb_build_object(
    'condition', (
        SELECT jsonb_build_object(
            'is_writable', condition.is_writable,
            'event_seconds', condition.event_seconds,
            'deadline_seconds', condition.deadline_seconds,
            'search_seconds', condition.search_seconds,
            'vacant_seconds', condition.vacant_seconds,
            'transaction_seconds', condition.transaction_seconds,
            'queue_usage', condition.queue_usage,
            'reasons', condition.reasons)
        FROM api.condition() AS condition),
    'leader', (
        SELECT jsonb_build_object(
            'holder', lease.holder, 'epoch', lease.epoch,
            'is_led', lease.is_led, 'since', core.instant(lease.since))
        FROM lease),
    'undispatched', (SELECT count(*) FROM (SELECT FROM core.event_queue LIMIT 10000) AS note),
    'failed_deadlines', (SELECT count(*) FROM core.failed_deadlines),
    'lateness', (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'kind', lateness.kind, 'settled', lateness.settled,
            'p50_ms', round(lateness.ms[1]::numeric, 1),
            'p99_ms', round(lateness.ms[2]::numeric, 1))
            ORDER BY lateness.kind), '[]')
        FROM lateness),
    'oldest_snapshot_seconds', coalesce((SELECT seconds FROM snapshot), 0),
    'oldest_snapshot_transactions', coalesce((SELECT transactions FROM snapshot), 0),
    'oldest_snapshot_held_by', (SELECT held_by FROM snapshot),
    'sweeps', (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'name', run.sweep, 'ended_at', core.instant(run.ended_at),
            'outcome', run.outcome, 'seconds', round(run.seconds::numeric, 3), 'found', run.found)
            ORDER BY run.sweep), '[]')
        FROM core.sweep_runs AS run),
    'dead_rows', (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'name', dead.name, 'dead', dead.n_dead_tup, 'live', dead.n_live_tup,
            'vacuumed_at', core.instant(dead.last_autovacuum)) ORDER BY dead.n_dead_tup DESC), '[]')
        FROM dead),
    'postgresql', current_setting('server_version'),
    'last_migration', (
        SELECT max(step.migration_id) FROM core._yoyo_migration AS step),
    'server_time', core.instant(clock_timestamp()))
$$;

COMMENT ON FUNCTION api.system_report() IS $$
How the system is inside, without a look at any table that grows: condition (api.condition); leader
{holder, epoch, is_led, since}, null when nobody ever led; undispatched, the notes of the outbox
(10,000 at most); failed_deadlines; lateness of the last hour by kind [{kind, settled, p50_ms,
p99_ms}]; the oldest snapshot (ops.horizon: who holds it, seconds its transaction is open, and
transactions since), as far as PostgreSQL shows other roles' sessions to halo_owner; sweeps, the
last run of each [{name, ended_at, outcome, seconds, found}]; dead_rows of the ten tables that have
most
[{name, dead, live, vacuumed_at}]; the version of PostgreSQL, and the newest migration.
Raises and notifies nothing.
$$;
GRANT EXECUTE ON FUNCTION api.system_report() TO halo_cc;
