CREATE OR REPLACE FUNCTION api.condition()
RETURNS TABLE (
    is_writable boolean,
    event_seconds double precision,
    deadline_seconds double precision,
    search_seconds double precision,
    vacant_seconds double precision,
    transaction_seconds double precision,
    queue_usage double precision,
    reasons text[]
)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
WITH measured AS (
    SELECT
        NOT pg_is_in_recovery()
            AND current_setting('transaction_read_only') = 'off' AS is_writable,
        core.seconds_since((
            SELECT note.created_at FROM core.event_queue AS note
            WHERE note.id >= (SELECT last_value FROM core.low_water_note)
            ORDER BY note.id LIMIT 1)) AS event_seconds,
        core.seconds_since((
            SELECT min(nearest.due_at) FROM core.deadlines(clock_timestamp()) AS nearest
        )) AS deadline_seconds,
        core.seconds_since(core.oldest_unserved_search()) AS search_seconds,
        core.seconds_since((
            -- when nobody ever led, nobody has since the server's start
            SELECT coalesce(max(nullif(lease.until, '-infinity')), pg_postmaster_start_time())
            FROM core.leaderships AS lease WHERE lease.name = 'listener')) AS vacant_seconds,
        core.seconds_since((
            SELECT min(session.xact_start) FROM pg_catalog.pg_stat_activity AS session
            WHERE session.datname = current_database()
                AND session.backend_type = 'client backend'
                AND session.pid <> pg_backend_pid())) AS transaction_seconds,
        pg_notification_queue_usage() AS queue_usage
)
-- The reasons name work that stands still. The oldest transaction and the queue are only shown.
SELECT measured.*, array_remove(ARRAY[
    CASE WHEN measured.vacant_seconds > 10 THEN 'nobody_leads' END,
    CASE WHEN measured.event_seconds > 30 THEN 'events_undispatched' END,
    CASE WHEN measured.deadline_seconds > 30 THEN 'deadlines_overdue' END,
    CASE WHEN measured.search_seconds > 30 THEN 'searches_without_offers' END], NULL)
FROM measured
$$;

COMMENT ON FUNCTION api.condition() IS $$
Whether the system as a whole does its work: what /readyz of every process and the gauges tell. One
row. is_writable: this server takes writes. Then ages in seconds, 0 when there is none: of the
oldest undispatched event, of the most overdue deadline, of the oldest search without an offer
although a mitra is available for it, of the time without a leading listener, and of the oldest
open transaction (of the roles whose sessions PostgreSQL shows to halo_owner). queue_usage: the
used fraction of the notification queue. reasons: the names of what is wrong, nobody_leads (for
over 10 s), events_undispatched, deadlines_overdue, searches_without_offers (over 30 s).
requirement/operations.md says what to do about each.
Raises and notifies nothing.
$$;
GRANT EXECUTE ON FUNCTION api.condition() TO halo_app, halo_listener, halo_cc;
