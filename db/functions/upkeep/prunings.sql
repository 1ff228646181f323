CREATE OR REPLACE FUNCTION core.prunings()
RETURNS TABLE (part text, relation text, condition text)
LANGUAGE sql IMMUTABLE
AS $$
VALUES
    ('idempotency_keys', 'idempotency_keys', 'created_at < $1 - interval ''24 hours'''),
    ('idempotency_leases', 'idempotency_leases', 'leased_until < $1'),
    ('otp_challenges', 'otp_challenges', 'expires_at < $1'),
    ('login_addresses', 'login_addresses',
        'tried_at < $1 - interval ''1 hour''
        AND (logged_in_at IS NULL OR logged_in_at < $1 - interval ''90 days'')'),
    ('auth_sessions', 'auth_sessions', 'expires_at < $1 - interval ''1 day'''),
    ('deadline_runs', 'deadline_runs', 'at < $1 - interval ''7 days'''),
    ('failed_deadlines', 'failed_deadlines', 'again_at < $1 - interval ''1 hour'''),
    ('pairing_waves', 'pairing_waves', 'at < $1 - interval ''30 days'''),
    -- One step in an index for each presence, and never a walk through all sessions.
    ('session_presences', 'session_presences', 'NOT core.is_open((
        SELECT session.status FROM core.chat_sessions AS session WHERE session.id = session_id))'),
    ('unleased_sockets', 'unleased_sockets', 'held_until < $1 - interval ''1 hour'''),
    ('silences', 'silences', 'expired_at < $1 - interval ''1 day'' AND due_at IS NULL'),
    ('offer_dispatches', 'offer_dispatches', 'at < $1 - interval ''1 day'''),
    ('presence_proofs', 'presence_proofs', 'at < $1 - interval ''1 day'''),
    ('pushes', 'pushes', 'settled_at < $1 - interval ''7 days'''),
    ('data_exports', 'data_exports', 'ready_at < $1 - interval ''1 day'''),
    ('replays', 'replays', 'requested_at < $1 - interval ''30 days'''),
    -- Figures of short steps; their longer steps stay.
    ('figures_of_minutes', 'figures',
        'step = ''minute'' AND at < core.business_day($1) - interval ''7 days'''),
    ('figures_of_hours', 'figures',
        'step = ''hour'' AND at < core.business_day($1) - interval ''90 days''')
$$;

COMMENT ON FUNCTION core.prunings() IS $$
What api.prune deletes: the name of each part, its table, and which rows nothing needs any more; $1
is the present time.
$$;
