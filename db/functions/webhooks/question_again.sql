CREATE OR REPLACE FUNCTION api.question_again(p_receipt_id uuid)
RETURNS TABLE (provider text, provider_ref text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_receipt core.webhook_receipts;
    v_payment core.payment_requests;
BEGIN
    PERFORM core.require('receipt_id', p_receipt_id::text);
    SELECT * INTO v_receipt FROM core.webhook_receipts WHERE id = p_receipt_id;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('webhook');
    END IF;
    v_payment := core.webhook_payment(v_receipt.provider, v_receipt.body);
    RETURN QUERY
    SELECT v_receipt.provider, asked.link
    FROM coalesce(v_payment.provider_ref, v_receipt.body #>> '{data,payment_session_id}')
        AS asked (link)
    WHERE v_payment.id IS NOT NULL AND v_payment.confirmed_at IS NULL AND asked.link IS NOT NULL;
END
$$;

COMMENT ON FUNCTION api.question_again(uuid) IS $$
What to ask the provider before a webhook is processed again: the status of the link provider_ref,
when the webhook names a payment of ours whose money we have not seen. No row when there is nothing
to ask. Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
GRANT EXECUTE ON FUNCTION api.question_again(uuid) TO halo_cc;
