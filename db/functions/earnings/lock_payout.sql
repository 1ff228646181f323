CREATE OR REPLACE FUNCTION core.lock_payout(p_payout_id uuid)
RETURNS core.payouts
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_payout core.payouts;
BEGIN
    PERFORM core.require('payout_id', p_payout_id::text);
    SELECT * INTO v_payout FROM core.payouts WHERE id = p_payout_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('payout');
    END IF;
    RETURN v_payout;
END
$$;

COMMENT ON FUNCTION core.lock_payout(uuid) IS
'Locks a payout. Raises: VALIDATION_ERROR 422, NOT_FOUND 404.';
