CREATE OR REPLACE FUNCTION api.record_pushes(p_outcomes jsonb)
RETURNS TABLE (type text, status text, pushes bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_now timestamptz;
    v_ids uuid[];
BEGIN
    PERFORM core.require('outcomes', p_outcomes::text);
    IF jsonb_typeof(p_outcomes) <> 'array' THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'outcomes is a list.', 'Give one entry for each push.', 'outcomes');
    END IF;

    -- Lock, then read the clock.
    v_ids := ARRAY(
        SELECT push.id FROM jsonb_to_recordset(p_outcomes) AS told (push_id uuid, claim integer)
        JOIN core.pushes AS push ON push.id = told.push_id
        ORDER BY push.id FOR NO KEY UPDATE OF push);
    v_now := clock_timestamp();

    -- told: each outcome, with the moment of the next try: after what FCM asked for, or after a
    -- pause that doubles with each try and is spread, so that not all come back at once.
    RETURN QUERY
    WITH told AS (
        SELECT outcome.*,
            v_now + greatest(
                make_interval(secs => coalesce(outcome.retry_after, 0)),
                make_interval(secs => CASE outcome.outcome
                    WHEN 'unknown' THEN 1
                    ELSE least(60, 2 ^ push.attempts) * (0.75 + random() / 2) END)) AS again_at
        FROM jsonb_to_recordset(p_outcomes)
            AS outcome (push_id uuid, claim integer, outcome text, error text,
                retry_after double precision)
        JOIN core.pushes AS push ON push.id = outcome.push_id
        WHERE push.id = ANY (v_ids)
    ),
    -- recorded: a push of this very claim. It is settled, unless it is tried again in time.
    recorded AS (
        UPDATE core.pushes AS push
        SET status = CASE
                WHEN told.outcome IN ('sent', 'logged', 'connected', 'unregistered')
                    THEN told.outcome
                WHEN told.outcome = 'unknown'
                    OR (told.outcome = 'failed' AND told.again_at < push.expires_at)
                    THEN 'queued'
                ELSE 'given_up'
            END,
            attempts = push.attempts
                + (told.outcome IN ('sent', 'unregistered', 'failed', 'refused'))::integer,
            next_attempt_at = told.again_at,
            last_error = coalesce(left(told.error, 500), push.last_error),
            settled_at = CASE
                WHEN told.outcome = 'unknown'
                    OR (told.outcome = 'failed' AND told.again_at < push.expires_at)
                    THEN NULL
                ELSE v_now END
        FROM told
        WHERE push.id = told.push_id AND push.claims = told.claim AND push.status = 'sending'
        RETURNING push.type, push.status, push.token
    ),
    -- gone: FCM does not know these devices any more.
    gone AS (
        DELETE FROM core.push_tokens WHERE token IN (
            SELECT known.token FROM core.push_tokens AS known
            WHERE known.token IN (
                SELECT recorded.token FROM recorded WHERE recorded.status = 'unregistered')
            FOR NO KEY UPDATE SKIP LOCKED)
    )
    SELECT recorded.type, recorded.status, count(*)
    FROM recorded GROUP BY recorded.type, recorded.status;
END
$$;

COMMENT ON FUNCTION api.record_pushes(jsonb) IS $$
Writes down what became of claimed pushes: a list of {push_id, claim, outcome, error?, retry_after?
in seconds}. Outcomes: sent, logged, connected (not needed), unregistered (the device's token is
deleted), refused (for good), failed (tried again after retry_after or a growing pause, 1 to 60
seconds; given up when that is beyond the push's own time), unknown (the leases could not be asked:
due again in a second). An outcome of an older claim changes nothing. Returns how many of each type
reached which status.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.record_pushes(jsonb) TO halo_listener;
