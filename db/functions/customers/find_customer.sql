CREATE OR REPLACE FUNCTION api.find_customer(p_customer_id uuid, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_most CONSTANT integer := 20;
    v_now timestamptz := clock_timestamp();
    v_customer jsonb;
BEGIN
    PERFORM core.require('customer_id', p_customer_id::text);
    v_customer := core.customer_json(p_customer_id, p_actor_id);
    IF v_customer IS NULL THEN
        PERFORM core.refuse_unknown('customer');
    END IF;
    PERFORM core.audit_reading(p_actor_id, p_customer_id::text);

    -- The newest of each, newest first; the lists of sessions, payments and failed pairings have
    -- the rest.
    RETURN v_customer || jsonb_build_object(
        'balance', core.balance(p_customer_id),
        'data_export', core.data_export_json('customer', p_customer_id),
        'sessions', (
            SELECT coalesce(jsonb_agg(core.session_line_json(session::core.chat_sessions, v_now)
                ORDER BY session.created_at DESC, session.id DESC), '[]')
            FROM (
                SELECT * FROM core.chat_sessions WHERE customer_id = p_customer_id
                ORDER BY created_at DESC, id DESC LIMIT v_most
            ) AS session),
        'payment_requests', (
            SELECT coalesce(jsonb_agg(core.payment_details_json(payment::core.payment_requests)
                ORDER BY payment.created_at DESC, payment.id DESC), '[]')
            FROM (
                SELECT * FROM core.payment_requests WHERE customer_id = p_customer_id
                ORDER BY created_at DESC LIMIT v_most
            ) AS payment),
        'refunds', (
            SELECT coalesce(jsonb_agg(
                jsonb_build_object(
                    'id', refund.id,
                    'payment_request_id', refund.payment_request_id,
                    'amount', refund.amount,
                    'status', refund.status,
                    'requested_at', core.instant(refund.requested_at),
                    'settled_at', core.instant(refund.settled_at))
                ORDER BY refund.requested_at DESC, refund.id DESC), '[]')
            FROM (
                SELECT refund.* FROM core.refunds AS refund
                JOIN core.payment_requests AS payment ON payment.id = refund.payment_request_id
                WHERE payment.customer_id = p_customer_id AND payment.refund_status <> 'none'
                ORDER BY refund.requested_at DESC, refund.id DESC LIMIT v_most
            ) AS refund),
        'transactions', (
            SELECT coalesce(jsonb_agg(
                jsonb_build_object(
                    'id', entry.id,
                    'type', entry.type,
                    'amount', entry.amount,
                    'session_id', entry.session_id,
                    'payment_request_id', entry.payment_request_id,
                    'created_at', core.instant(entry.created_at))
                ORDER BY entry.created_at DESC, entry.id DESC), '[]')
            FROM (
                SELECT * FROM core.customer_transactions WHERE customer_id = p_customer_id
                ORDER BY created_at DESC LIMIT v_most
            ) AS entry),
        'blocks', (
            SELECT coalesce(jsonb_agg(core.block_json(block::core.blocks)
                ORDER BY block.created_at DESC), '[]')
            FROM (
                SELECT * FROM core.blocks WHERE customer_id = core.person_of(p_customer_id)
                ORDER BY created_at DESC LIMIT v_most
            ) AS block),
        'reports', CASE WHEN p_actor_id IS NULL OR core.may(p_actor_id, 'reports', 'read')
            THEN api.list_reports(p_customer_id => p_customer_id, p_limit => v_most) -> 'items'
            ELSE '[]' END,
        'failed_pairings', api.list_failed_pairings(
            p_customer_id => p_customer_id, p_limit => v_most) -> 'items');
END
$$;

COMMENT ON FUNCTION api.find_customer(uuid, uuid) IS $$
A customer as the control centre sees it, with the balance and the newest twenty sessions, payment
requests, refunds, transactions, blocks, reports and failed pairings, and the state of the last
export of their own data (null = none); the phone is masked for an actor without pii:read, and
reports are left out for one without reports:read. Showing it is written into the audit log.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.find_customer(uuid, uuid) TO halo_cc;
