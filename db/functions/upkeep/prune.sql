CREATE OR REPLACE FUNCTION api.prune()
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
-- What has a time after which nobody asks for it.
DELETE FROM core.idempotency_keys
WHERE created_at < (SELECT clock_timestamp() - interval '24 hours');
DELETE FROM core.idempotency_leases WHERE leased_until < (SELECT clock_timestamp());
DELETE FROM core.otp_challenges WHERE expires_at < (SELECT clock_timestamp());
DELETE FROM core.login_addresses
WHERE logged_in_at IS NULL AND tried_at < (SELECT clock_timestamp() - interval '1 hour');
DELETE FROM core.auth_sessions WHERE id IN (
    SELECT id FROM core.auth_sessions
    WHERE expires_at < (SELECT clock_timestamp() - interval '1 day')
    ORDER BY id LIMIT 10000 FOR UPDATE SKIP LOCKED);
DELETE FROM core.deadline_runs WHERE at < (SELECT clock_timestamp() - interval '7 days');
DELETE FROM core.failed_deadlines WHERE again_at < (SELECT clock_timestamp() - interval '1 hour');
DELETE FROM core.pairing_waves WHERE at < (SELECT clock_timestamp() - interval '30 days');
DELETE FROM core.session_presences AS presence USING core.chat_sessions AS session
WHERE session.id = presence.session_id AND NOT core.is_open(session.status);
DELETE FROM core.unleased_sockets WHERE held_until < (SELECT clock_timestamp() - interval '1 hour');
DELETE FROM core.silences
WHERE expired_at < (SELECT clock_timestamp() - interval '1 day') AND due_at IS NULL;
DELETE FROM core.offer_dispatches WHERE at < (SELECT clock_timestamp() - interval '1 day');
DELETE FROM core.pushes WHERE settled_at < (SELECT clock_timestamp() - interval '7 days');
-- Figures of short steps; their longer steps stay.
DELETE FROM core.figures AS figure
WHERE figure.step = 'minute'
    AND figure.at < (SELECT core.business_day(clock_timestamp()) - interval '7 days');
DELETE FROM core.figures AS figure
WHERE figure.step = 'hour'
    AND figure.at < (SELECT core.business_day(clock_timestamp()) - interval '90 days');
$$;

COMMENT ON FUNCTION api.prune() IS $$
Deletes what is needed no more: idempotency keys after 24 hours, presences of sessions that ended,
codes and logins past their end, addresses that failed to log in after an hour, failures of what is
not due any more, silences and dispatches of offers after a day, records of lateness and pushes
after a week, records of the mitras that a wave left out after 30 days; figures of minutes after 7
days, of hours after 90.
Raises nothing. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.prune() TO halo_listener;
