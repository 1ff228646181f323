CREATE OR REPLACE FUNCTION core.changed_presences(
    p_session_ids uuid[], p_parties text[], p_user_ids uuid[], p_connected boolean[],
    p_is_first_look boolean, p_now timestamptz)
RETURNS core.session_presences[]
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_customer_absence interval := core.config_seconds('customer_absence_seconds');
    v_mitra_absence interval := core.config_seconds('mitra_absence_seconds');
BEGIN
    RETURN ARRAY(
        SELECT judged
        FROM unnest(p_session_ids, p_parties, p_user_ids, p_connected)
            AS seen (session_id, party, user_id, is_connected)
        -- Only parties of now: a reroute may have taken the session from a mitra meanwhile.
        JOIN core.chat_sessions AS session
            ON session.id = seen.session_id AND core.is_open(session.status)
            AND CASE seen.party
                WHEN 'customer' THEN session.customer_id
                WHEN 'mitra' THEN session.mitra_id END = seen.user_id
        LEFT JOIN core.mitras AS mitra ON seen.party = 'mitra' AND mitra.id = seen.user_id
        LEFT JOIN core.session_presences AS known
            ON known.session_id = session.id AND known.party = seen.party
            AND known.user_id = seen.user_id
        -- How long a party may be away. A mitra is gone only in mid-session.
        CROSS JOIN LATERAL (
            SELECT CASE
                WHEN seen.party = 'customer' THEN v_customer_absence
                WHEN session.status IN ('active', 'extending') THEN v_mitra_absence
                ELSE '0' END AS seconds
        ) AS absence
        CROSS JOIN LATERAL core.judge_presence(
            coalesce(known, ROW(
                session.id, seen.party, seen.user_id, NULL, NULL, NULL)::core.session_presences),
            seen.is_connected, p_is_first_look, absence.seconds,
            coalesce(mitra.is_active, true),
            -- Signs of life cost a look at the messages: only for a party that would be gone
            -- by its socket.
            CASE WHEN NOT seen.is_connected AND known.since <= p_now - absence.seconds
                THEN core.last_life(known, session) END,
            p_now) AS judged
        -- A customer who never had a socket during the search is not missed.
        WHERE (seen.is_connected OR known.session_id IS NOT NULL OR session.mitra_id IS NOT NULL)
            AND (judged.state, judged.since) IS DISTINCT FROM (known.state, known.since));
END
$$;

COMMENT ON FUNCTION core.changed_presences(uuid[], text[], uuid[], boolean[], boolean, timestamptz)
IS $$
What a look at the leases changes for the parties of open sessions. A mitra is gone only in
mid-session: while the session is active or extending.
$$;
