CREATE OR REPLACE FUNCTION api.list_waiting(
    p_limit integer DEFAULT NULL, p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.page_of(
    jsonb_agg(
        jsonb_build_object(
            'id', waiting.id,
            'status', waiting.status,
            'customer', (
                SELECT jsonb_build_object('id', customer.id, 'display_name', customer.display_name)
                FROM core.customers AS customer WHERE customer.id = waiting.customer_id),
            'round', waiting.round,
            'wave', (
                SELECT max(offer.wave) FROM core.pairing_offers AS offer
                WHERE offer.session_id = waiting.id AND offer.round = waiting.round),
            'search_began_at', core.instant(waiting.began_at),
            'pairing_deadline', core.instant(waiting.pairing_deadline))
        ORDER BY waiting.began_at, waiting.id),
    p_limit, p_cursor)
-- By the index of open sessions, whose words these are.
FROM (
    SELECT session.id, session.status, session.customer_id, session.round,
        session.pairing_deadline, core.search_began_at(session) AS began_at
    FROM core.chat_sessions AS session
    WHERE session.status IN ('searching', 'pending_acceptance')
    ORDER BY core.search_began_at(session), session.id
    LIMIT 20
) AS waiting
$$;

COMMENT ON FUNCTION api.list_waiting(integer, text) IS $$
{items, next_cursor}: the sessions that wait for a mitra (searching or pending_acceptance), longest
waiting first, at most 20 in all, p_limit (1 to 200, null = all) a page. Each with its round, the
last wave of that round (null before the first), and when its present search began. It shows no
phones, so nothing is written into the audit log.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.list_waiting(integer, text) TO halo_cc;
