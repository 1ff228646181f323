CREATE OR REPLACE FUNCTION api.find_webhook(p_receipt_id uuid, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_receipt core.webhook_receipts;
BEGIN
    PERFORM core.require('receipt_id', p_receipt_id::text);
    SELECT * INTO v_receipt FROM core.webhook_receipts WHERE id = p_receipt_id;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('webhook');
    END IF;
    PERFORM core.audit_reading(p_actor_id, p_receipt_id::text);
    RETURN core.webhook_json(v_receipt) || jsonb_build_object(
        'receipt_key', v_receipt.receipt_key,
        'body', CASE WHEN p_actor_id IS NULL OR core.may(p_actor_id, 'pii', 'read')
            THEN v_receipt.body END);
END
$$;

COMMENT ON FUNCTION api.find_webhook(uuid, uuid) IS $$
A webhook as the control centre sees it. Its body may name who paid: body is null for a user
without the permission pii:read. Raises: VALIDATION_ERROR 422, NOT_FOUND 404. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.find_webhook(uuid, uuid) TO halo_cc;
