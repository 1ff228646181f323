CREATE OR REPLACE FUNCTION core.pairing_rounds(p_session_id uuid)
RETURNS TABLE (round integer, began_at timestamptz, over_at timestamptz, outcome text)
LANGUAGE sql STABLE
AS $$
SELECT
    search.round,
    coalesce(former.at, session.created_at),
    coalesce(won.settled_at, session.ended_at),
    CASE WHEN won.id IS NOT NULL THEN 'accepted'
        WHEN session.ended_at IS NOT NULL THEN session.end_reason END
FROM core.chat_sessions AS session
CROSS JOIN LATERAL generate_series(1, session.round) AS search (round)
LEFT JOIN core.session_reroutes AS former
    ON former.session_id = session.id AND former.round = search.round - 1
LEFT JOIN core.pairing_offers AS won
    ON won.session_id = session.id AND won.round = search.round AND won.status = 'accepted'
WHERE session.id = p_session_id
$$;

COMMENT ON FUNCTION core.pairing_rounds(uuid) IS $$
The searches of a session: when each began, when it was over, and with which outcome. over_at and
outcome are null for a search that goes on.
$$;
