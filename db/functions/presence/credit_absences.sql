CREATE OR REPLACE FUNCTION core.credit_absences(
    p_session_ids uuid[], p_now timestamptz, p_is_expiry boolean DEFAULT false,
    OUT session_ids uuid[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_sessions core.chat_sessions[];
BEGIN
    IF core.config_text('outage_credit_policy') <> 'credit' THEN
        RETURN;
    END IF;

    WITH lost AS (
        -- Every absence for which time may still be given back, and how much it is by now. When
        -- the clock ran out, only absences for which nothing was given back yet: so a session
        -- whose mitra stays away ends.
        SELECT absence.id, absence.user_id, session,
            core.lost_seconds(absence, session, p_now) AS seconds,
            coalesce(absence.credited_seconds, 0) AS credited_seconds
        FROM core.chat_sessions AS session
        JOIN core.session_absences AS absence
            ON absence.session_id = session.id AND absence.party = 'mitra'
            AND absence.user_id = session.mitra_id
        WHERE session.id = ANY (p_session_ids)
            AND core.status_is(session.status, 'active', 'extending')
            AND (absence.credited_seconds IS NULL
                OR (absence.due_at IS NOT NULL OR absence.ended_at IS NULL) AND NOT p_is_expiry)
    ), credited AS (
        -- What is new since the last time.
        UPDATE core.session_absences AS absence SET credited_seconds = lost.seconds
        FROM lost WHERE absence.id = lost.id AND lost.seconds > lost.credited_seconds
        RETURNING lost.id, lost.user_id, lost.session,
            lost.seconds - lost.credited_seconds AS seconds
    ), itemised AS (
        INSERT INTO core.customer_transactions (customer_id, session_id, type, amount, details)
        SELECT (credited.session).customer_id, (credited.session).id, 'credit', 0,
            jsonb_build_object('seconds', credited.seconds, 'mitra_id', credited.user_id,
                'absence_id', credited.id)
        FROM credited
    )
    SELECT
        array_agg(
            core.prolonged(given.session, given.seconds, p_now) ORDER BY (given.session).id),
        array_agg((given.session).id)
    INTO v_sessions, session_ids
    FROM (
        SELECT credited.session, sum(credited.seconds) AS seconds
        FROM credited GROUP BY credited.session) AS given;
    PERFORM core.save_sessions(v_sessions);

    -- Tell, when the clock runs: both see its new end.
    events := ARRAY(
        SELECT unnest(core.to_both(session, 'session_resumed',
            core.session_frame(session) || '{"reason": "outage_credit"}'))
        FROM unnest(v_sessions) AS session WHERE session.status = 'active');
END
$$;

COMMENT ON FUNCTION core.credit_absences(uuid[], timestamptz, boolean, OUT uuid[], OUT core.event[])
IS $$
Gives locked sessions the time back that passed while their mitra was gone, where
outage_credit_policy says so, also for an absence that still lasts; each time with a credit of no
rupiah among the customer's transactions. p_is_expiry: the clock ran out; then only absences count
for which nothing was given back yet, so that a session whose mitra stays away ends. Returns which
sessions got time back, and the events for the caller to emit.
$$;
