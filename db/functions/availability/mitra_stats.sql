CREATE OR REPLACE FUNCTION api.mitra_stats(p_mitra_id uuid)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_online interval;
    v_offers record;
    v_sessions record;
    v_ratings record;
BEGIN
    PERFORM core.require('mitra_id', p_mitra_id::text);
    IF NOT EXISTS (SELECT FROM core.mitras WHERE id = p_mitra_id) THEN
        PERFORM core.refuse_unknown('mitra');
    END IF;

    -- Time online: an entry "offline" says how long the time before it was; the time that goes on
    -- has no entry yet.
    SELECT coalesce(sum(entry.duration), '0') + coalesce((
        SELECT v_now - status.last_online_at FROM core.mitra_online_status AS status
        WHERE status.mitra_id = p_mitra_id AND status.is_online), '0')
    INTO v_online
    FROM core.mitra_status_log AS entry
    WHERE entry.mitra_id = p_mitra_id AND entry.action = 'offline';

    -- Offers and sessions.
    SELECT
        count(*) AS total,
        count(*) FILTER (WHERE offer.status = 'accepted') AS accepted,
        count(*) FILTER (WHERE offer.status = 'declined') AS declined,
        count(*) FILTER (WHERE offer.status = 'expired') AS expired
    INTO v_offers FROM core.pairing_offers AS offer WHERE offer.mitra_id = p_mitra_id;
    SELECT count(*) AS total, coalesce(sum(charged.amount), 0) AS charged
    INTO v_sessions
    FROM core.chat_sessions AS session
    CROSS JOIN LATERAL (
        SELECT sum(entry.amount) AS amount FROM core.customer_transactions AS entry
        WHERE entry.session_id = session.id AND entry.type IN ('session', 'extension')
        OFFSET 0                -- by the index, session by session
    ) AS charged
    WHERE session.mitra_id = p_mitra_id AND session.started_at IS NOT NULL;

    -- Ratings. A session that was rerouted had several mitras; its rating is for the mitra that
    -- served it longest.
    SELECT avg(rated.rating) AS mean, count(rated.rating) AS total INTO v_ratings
    FROM (
        SELECT id FROM core.chat_sessions WHERE mitra_id = p_mitra_id
        UNION
        SELECT session_id FROM core.session_services WHERE mitra_id = p_mitra_id
    ) AS served
    CROSS JOIN LATERAL (
        SELECT rating.rating FROM core.session_ratings AS rating
        JOIN core.chat_sessions AS session ON session.id = rating.session_id
        WHERE rating.session_id = served.id AND core.served_most(session) = p_mitra_id
        OFFSET 0
    ) AS rated;

    RETURN core.mitra_money(p_mitra_id) || jsonb_build_object(
        'mitra_id', p_mitra_id,
        'online_seconds', floor(extract(epoch FROM v_online))::bigint,
        'offers', v_offers.total,
        'accepted', v_offers.accepted,
        'declined', v_offers.declined,
        'expired', v_offers.expired,
        'acceptance_percent', CASE
            WHEN v_offers.accepted + v_offers.declined + v_offers.expired > 0
            THEN round(100.0 * v_offers.accepted
                / (v_offers.accepted + v_offers.declined + v_offers.expired), 1)
            ELSE 0 END,
        'sessions', v_sessions.total,
        'charged', v_sessions.charged,
        'rating', round(v_ratings.mean, 2),
        'ratings', v_ratings.total);
END
$$;

COMMENT ON FUNCTION api.mitra_stats(uuid) IS $$
A mitra's work so far: seconds online, offers by outcome, acceptance among those it could answer,
sessions, rupiah its customers were charged, what it earned of them, with what of that is owed and
was paid out (core.mitra_money), mean rating of the sessions it served longest (null
without one).
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
GRANT EXECUTE ON FUNCTION api.mitra_stats(uuid) TO halo_app;
