CREATE OR REPLACE FUNCTION api.find_payout(p_payout_id uuid)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_payout core.payouts;
BEGIN
    PERFORM core.require('payout_id', p_payout_id::text);
    SELECT * INTO v_payout FROM core.payouts WHERE id = p_payout_id;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('payout');
    END IF;
    RETURN core.payout_json(v_payout);
END
$$;

COMMENT ON FUNCTION api.find_payout(uuid) IS $$
A payout as the control centre sees it.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
GRANT EXECUTE ON FUNCTION api.find_payout(uuid) TO halo_cc;
