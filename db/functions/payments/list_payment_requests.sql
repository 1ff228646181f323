CREATE OR REPLACE FUNCTION api.list_payment_requests(
    p_refund_status text DEFAULT NULL, p_status text DEFAULT NULL,
    p_limit integer DEFAULT 50, p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_before text[];
    v_payments core.payment_requests[];
BEGIN
    PERFORM core.require_page(p_limit);
    v_before := core.cursor_key(p_cursor, 'time', 'uuid');

    -- Find a page, and the row after it, which says whether there is another page.
    v_payments := ARRAY(
        SELECT payment FROM core.payment_requests AS payment
        WHERE (p_refund_status IS NULL OR payment.refund_status = p_refund_status)
            AND (p_status IS NULL OR payment.status = p_status)
            AND (v_before IS NULL
                OR (payment.created_at, payment.id)
                    < (v_before[1]::timestamptz, v_before[2]::uuid))
        ORDER BY payment.created_at DESC, payment.id DESC LIMIT p_limit + 1);
    RETURN jsonb_build_object(
        'items', coalesce((
            SELECT jsonb_agg(core.payment_details_json(payment::core.payment_requests)
                ORDER BY (payment).created_at DESC, (payment).id DESC)
            FROM unnest(v_payments[1:p_limit]) AS payment), '[]'),
        'next_cursor', CASE WHEN cardinality(v_payments) > p_limit THEN
            core.cursor(
                core.instant((v_payments[p_limit]).created_at), (v_payments[p_limit]).id::text)
        END);
END
$$;

COMMENT ON FUNCTION api.list_payment_requests(text, text, integer, text) IS $$
{items, next_cursor}: payment requests, newest first, p_limit (1 to 200) a page. p_refund_status =
due gives the queue of refunds to be made.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.list_payment_requests(text, text, integer, text) TO halo_cc;
