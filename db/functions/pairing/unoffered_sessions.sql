CREATE OR REPLACE FUNCTION api.unoffered_sessions(
    p_limit integer DEFAULT 100, p_available uuid[] DEFAULT NULL,
    p_after_began timestamptz DEFAULT NULL, p_after_id uuid DEFAULT NULL)
RETURNS TABLE (session_id uuid, barred uuid[], began_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_generic_plan
AS $$
SELECT core.require('limit', p_limit::text);

-- OFFSET 0 lets PostgreSQL ask for the barred mitras once for each session, not for each use.
SELECT unoffered.id, barred.mitra_ids, unoffered.began_at
FROM (
    SELECT session.id, session, core.searches_since(session) AS began_at
    FROM core.chat_sessions AS session
    WHERE core.status_is(session.status, 'searching')
        AND session.pairing_deadline > clock_timestamp()
        AND core.searches_since(session) >= greatest(p_after_began, core.searching_from())
        AND (p_after_id IS NULL
            OR (core.searches_since(session), session.id) > (p_after_began, p_after_id))
    ORDER BY core.searches_since(session), session.id
) AS unoffered
CROSS JOIN LATERAL (SELECT core.barred_mitras(unoffered.session) AS mitra_ids OFFSET 0) AS barred
WHERE p_available IS NULL OR NOT p_available <@ barred.mitra_ids
ORDER BY unoffered.began_at, unoffered.id
LIMIT p_limit
$$;

COMMENT ON FUNCTION api.unoffered_sessions(integer, uuid[], timestamptz, uuid) IS $$
The searches without a live offer, which want a wave, oldest search first, each with the mitras that
may not get an offer of it in this round (core.barred_mitras). p_available: the mitras that could be
chosen now; a session for which none of them is left is passed over. The next page begins after the
last session of this page: p_after_began and p_after_id.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.unoffered_sessions(integer, uuid[], timestamptz, uuid)
TO halo_listener;
