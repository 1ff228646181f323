CREATE OR REPLACE FUNCTION api.list_failed_pairings(
    p_cause text DEFAULT NULL, p_limit integer DEFAULT 50, p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_before bigint;
    v_failures core.pairing_failures[];
BEGIN
    PERFORM core.require_page(p_limit);

    -- Find a page and one row more: the row says that there is a next page.
    v_before := (core.cursor_key(p_cursor, 'number'))[1]::bigint;
    v_failures := ARRAY(
        SELECT failure FROM core.pairing_failures AS failure
        WHERE (v_before IS NULL OR failure.id < v_before)
            AND (p_cause IS NULL OR failure.cause_tag = p_cause)
        ORDER BY failure.id DESC LIMIT p_limit + 1);

    RETURN jsonb_build_object(
        'items', (
            SELECT coalesce(jsonb_agg(
                jsonb_build_object(
                    'id', failure.id,
                    'cause', failure.cause_tag,
                    'session_id', failure.session_id,
                    'payment_request_id', failure.payment_request_id,
                    'customer_id', failure.customer_id,
                    'mitra_id', failure.mitra_id,
                    'details', failure.details,
                    'created_at', core.instant(failure.created_at))
                ORDER BY failure.id DESC), '[]')
            FROM unnest(v_failures[1:p_limit]) AS failure),
        'next_cursor', CASE WHEN cardinality(v_failures) > p_limit
            THEN core.cursor((v_failures[p_limit]).id::text) END);
END
$$;

COMMENT ON FUNCTION api.list_failed_pairings(text, integer, text) IS $$
{items, next_cursor}: searches, deliveries and extensions that failed, of one cause or all, newest
first, p_limit (1 to 200) a page.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.list_failed_pairings(text, integer, text) TO halo_cc;
