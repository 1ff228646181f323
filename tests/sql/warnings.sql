-- Both parties are warned before the end: once per threshold and expires_at, thresholds already passed are skipped.
\ir tap.psql
SELECT pg_temp.plan(17);

CREATE FUNCTION pg_temp.thresholds(p_session_id uuid) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(seconds::text, ' ' ORDER BY seconds DESC), '') FROM core.session_warnings WHERE session_id = p_session_id
$$;
-- The session as if its clock had this much left, by the way any change of a session is written.
CREATE FUNCTION pg_temp.left_on_clock(p_session_id uuid, p_seconds numeric) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    v_session core.chat_sessions := core.read_session(p_session_id);
BEGIN
    v_session.expires_at := clock_timestamp() + make_interval(secs => p_seconds);
    PERFORM core.save_sessions(ARRAY[v_session]);
END
$$;

SELECT pg_temp.set('session_warning_seconds', '[180, 60]');
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
SELECT pg_temp.equal(pg_temp.thresholds(:'session'), '180 60', 'a session that starts has its warnings ahead');

-- one falls due
SELECT pg_temp.left_on_clock(:'session', 180.2);
SELECT pg_temp.equal(pg_temp.thresholds(:'session'), '180 60', 'a new end has its warnings anew');
SELECT pg_sleep(0.3) \g /dev/null
SELECT pg_temp.seq('mitra', :'mitra') AS mitra_seq, pg_temp.seq('customer', :'customer') AS seq \gset
SELECT pg_temp.equal(pg_temp.settle(), '{"warning": 1}', 'run_due gives a warning');
SELECT pg_temp.equal(pg_temp.told('mitra', :'mitra', :mitra_seq) || ', ' || pg_temp.told('customer', :'customer', :seq), 'session_warning, session_warning', 'to both');
SELECT frame AS frame FROM api.events_after('customer', :'customer', :seq) \gset
SELECT pg_temp.equal(:'frame'::jsonb ->> 'session_id', :'session', 'of this session');
SELECT pg_temp.ok((:'frame'::jsonb ->> 'seconds_left')::numeric BETWEEN 175 AND 180, 'with what is really left');
SELECT pg_temp.ok(:'frame'::jsonb ?& '{expires_at,server_time,threshold_seconds}', 'and when it ends');
SELECT pg_temp.equal(pg_temp.settle(), '{}', 'once');
SELECT pg_temp.equal(pg_temp.thresholds(:'session'), '60', 'the next is still ahead');
SELECT pg_temp.equal(status, 'active', 'the session runs on') FROM core.chat_sessions WHERE id = :'session';

-- thresholds already passed
SELECT pg_temp.left_on_clock(:'session', 100);
SELECT pg_temp.equal(pg_temp.thresholds(:'session'), '60', 'a threshold already passed is skipped');
SELECT pg_temp.left_on_clock(:'session', 30);
SELECT pg_temp.equal(pg_temp.thresholds(:'session'), '', 'all of them, when little is left');
SELECT pg_temp.left_on_clock(:'session', 600);
SELECT pg_temp.equal(pg_temp.thresholds(:'session'), '180 60', 'a later end brings them back');

-- the setting, and the end
SELECT pg_temp.set('session_warning_seconds', '[300, 300, 5]');
SELECT pg_temp.equal(pg_temp.thresholds(pg_temp.a_session(:'mitra')), '300 5', 'a session begun since has the new thresholds, each once');
SELECT pg_temp.set('session_warning_seconds', '[]');
SELECT pg_temp.equal(pg_temp.thresholds(pg_temp.a_session(:'mitra')), '', 'or none');
SELECT api.end_session(:'session', 'customer', :'customer') \g /dev/null
SELECT pg_temp.equal(pg_temp.thresholds(:'session'), '', 'a session that ended warns of nothing');
SELECT pg_temp.equal(count(*), 0::bigint, 'no invariant is violated') FROM ops.invariant_violations;

SELECT pg_temp.finish();
ROLLBACK;
