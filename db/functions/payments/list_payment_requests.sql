CREATE OR REPLACE FUNCTION api.list_payment_requests(
    p_refund_status text DEFAULT NULL, p_status text DEFAULT NULL,
    p_limit integer DEFAULT 50, p_cursor text DEFAULT NULL,
    p_provider text DEFAULT NULL, p_customer_id uuid DEFAULT NULL,
    p_session_id uuid DEFAULT NULL, p_is_flagged boolean DEFAULT NULL,
    p_is_stuck boolean DEFAULT NULL, p_from_at timestamptz DEFAULT NULL,
    p_to_at timestamptz DEFAULT NULL, p_q text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_before text[];
    v_like uuid[];
    v_flagged uuid[];
    v_why jsonb;
    v_stuck uuid[];
    v_payments core.payment_requests[];
BEGIN
    PERFORM core.require_page(p_limit);
    v_like := core.ids_sought(p_q, 'A payment is found by the beginning of its id.');
    v_before := core.cursor_key(p_cursor, 'time', 'uuid');

    -- Find the few that are flagged or stuck, when they are asked for.
    IF p_is_flagged IS NOT NULL THEN
        v_flagged := ARRAY(
            SELECT DISTINCT receipt.payment_request_id FROM core.webhook_receipts AS receipt
            WHERE receipt.is_flagged AND receipt.payment_request_id IS NOT NULL);
    END IF;
    IF p_is_stuck IS NOT NULL THEN
        v_why := (
            SELECT jsonb_object_agg(stuck.payment_request_id, jsonb_build_object(
                'stuck_why', stuck.why, 'stuck_since', core.instant(stuck.since)))
            FROM (
                SELECT DISTINCT ON (payment_request_id) * FROM ops.stuck_payments()
                ORDER BY payment_request_id, since, why
            ) AS stuck);
        v_stuck := ARRAY(SELECT jsonb_object_keys(v_why)::uuid);
    END IF;

    -- Find a page, and the row after it, which says whether there is another page. Planned for
    -- the filters that are given, so that each uses its own index.
    v_payments := ARRAY(
        SELECT payment FROM core.payment_requests AS payment
        WHERE (p_refund_status IS NULL OR payment.refund_status = p_refund_status)
            AND (p_status IS NULL OR payment.status = p_status)
            AND (p_provider IS NULL OR payment.provider = p_provider)
            AND (p_customer_id IS NULL OR payment.customer_id = p_customer_id)
            AND (p_session_id IS NULL OR payment.session_id = p_session_id)
            AND (p_is_flagged IS NOT TRUE OR payment.id = ANY (v_flagged))
            AND (p_is_flagged IS NOT FALSE OR payment.id <> ALL (v_flagged))
            AND (p_is_stuck IS NOT TRUE OR payment.id = ANY (v_stuck))
            AND (p_is_stuck IS NOT FALSE OR payment.id <> ALL (v_stuck))
            AND (p_from_at IS NULL OR payment.created_at >= p_from_at)
            AND (p_to_at IS NULL OR payment.created_at < p_to_at)
            AND (v_like IS NULL OR payment.id BETWEEN v_like[1] AND v_like[2])
            AND (v_before IS NULL
                OR (payment.created_at, payment.id)
                    < (v_before[1]::timestamptz, v_before[2]::uuid))
        ORDER BY payment.created_at DESC, payment.id DESC LIMIT p_limit + 1);
    RETURN jsonb_build_object(
        'items', coalesce((
            SELECT jsonb_agg(
                listed.shown || coalesce(
                    v_why -> (listed.payment).id::text,
                    '{"stuck_why": null, "stuck_since": null}')
                ORDER BY (listed.payment).created_at DESC, (listed.payment).id DESC)
            FROM core.shown_payments(v_payments[1:p_limit]) AS listed), '[]'),
        'next_cursor', CASE WHEN cardinality(v_payments) > p_limit THEN
            core.cursor(
                core.instant((v_payments[p_limit]).created_at), (v_payments[p_limit]).id::text)
        END);
END
$$;

COMMENT ON FUNCTION api.list_payment_requests(
    text, text, integer, text, text, uuid, uuid, boolean, boolean, timestamptz, timestamptz, text)
IS $$
{items, next_cursor}: payment requests, newest first, p_limit (1 to 200) a page; null filters
nothing. p_refund_status = due gives what is to be paid back; p_is_flagged those of which a webhook
says what cannot be so; p_is_stuck those of ops.stuck_payments, whose longest why and since are
stuck_why and stuck_since then, else null; made from p_from_at on, before p_to_at; those of whose id
p_q is the beginning (core.ids_sought).
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.list_payment_requests(
    text, text, integer, text, text, uuid, uuid, boolean, boolean, timestamptz, timestamptz, text)
TO halo_cc;
