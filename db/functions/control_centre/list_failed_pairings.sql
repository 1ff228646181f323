CREATE OR REPLACE FUNCTION api.list_failed_pairings(
    p_cause text DEFAULT NULL,
    p_limit integer DEFAULT 50,
    p_cursor text DEFAULT NULL,
    p_customer_id uuid DEFAULT NULL,
    p_from_at timestamptz DEFAULT NULL,
    p_to_at timestamptz DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_before text[];
    v_failures core.pairing_failures[];
BEGIN
    PERFORM core.require_page(p_limit);

    -- Find a page and one row more: the row says that there is a next page.
    v_before := core.cursor_key(p_cursor, 'time', 'number');
    v_failures := ARRAY(
        SELECT failure FROM core.pairing_failures AS failure
        WHERE (p_cause IS NULL OR failure.cause_tag = p_cause)
            AND (p_customer_id IS NULL OR failure.customer_id = p_customer_id)
            AND (p_from_at IS NULL OR failure.created_at >= p_from_at)
            AND (p_to_at IS NULL OR failure.created_at < p_to_at)
            AND (v_before IS NULL
                OR (failure.created_at, failure.id)
                    < (v_before[1]::timestamptz, v_before[2]::bigint))
        ORDER BY failure.created_at DESC, failure.id DESC LIMIT p_limit + 1);

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
                ORDER BY failure.created_at DESC, failure.id DESC), '[]')
            FROM unnest(v_failures[1:p_limit]) AS failure),
        'next_cursor', CASE WHEN cardinality(v_failures) > p_limit THEN core.cursor(
            core.instant((v_failures[p_limit]).created_at),
            (v_failures[p_limit]).id::text) END);
END
$$;

COMMENT ON FUNCTION api.list_failed_pairings(
    text, integer, text, uuid, timestamptz, timestamptz) IS $$
{items, next_cursor}: searches, deliveries and extensions that failed, newest first, p_limit (1 to
200) a page: of one cause, of one customer, from p_from_at to before p_to_at, or all.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.list_failed_pairings(
    text, integer, text, uuid, timestamptz, timestamptz) TO halo_cc;
