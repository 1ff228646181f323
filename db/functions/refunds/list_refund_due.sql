CREATE OR REPLACE FUNCTION api.list_refund_due(
    p_limit integer DEFAULT 50, p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_after text[];
    v_items jsonb;
    v_last jsonb;
    v_goes_on boolean;
BEGIN
    PERFORM core.require_page(p_limit);
    v_after := core.cursor_key(p_cursor, 'time', 'uuid');

    -- Find a page and one row more: the row says that there is a next page. The queue is short,
    -- so all of it is sorted.
    WITH page AS (
        SELECT owed.*, row_number() OVER (ORDER BY owed.since, owed.payment_request_id) AS place
        FROM ops.refund_due() AS owed
        WHERE v_after IS NULL OR (owed.since, owed.payment_request_id)
            > (v_after[1]::timestamptz, v_after[2]::uuid)
        ORDER BY place LIMIT p_limit + 1
    )
    SELECT
        coalesce(jsonb_agg(
            jsonb_build_object(
                'payment_request_id', page.payment_request_id, 'customer_id', page.customer_id,
                'customer', page.customer, 'session_id', page.session_id,
                'provider', page.provider, 'amount', page.amount, 'due', page.due,
                'refunded', page.refunded, 'why', page.why, 'since', core.instant(page.since),
                'days_owed', page.days_owed, 'refund_status', page.refund_status,
                'ways', page.ways, 'refund_id', page.refund_id, 'way', page.way,
                'last_refund', page.last_refund,
                'last_asked_at', core.instant(page.last_asked_at), 'failure', page.failure)
            ORDER BY page.place) FILTER (WHERE page.place <= p_limit), '[]'),
        count(*) > p_limit
    INTO v_items, v_goes_on FROM page;
    v_last := v_items -> -1;
    RETURN jsonb_build_object('items', v_items, 'next_cursor', CASE WHEN v_goes_on
        THEN core.cursor(v_last ->> 'since', v_last ->> 'payment_request_id') END);
END
$$;

COMMENT ON FUNCTION api.list_refund_due(integer, text) IS $$
{items, next_cursor}: the rows of ops.refund_due, longest owed first, p_limit (1 to 200) a page.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.list_refund_due(integer, text) TO halo_cc;
