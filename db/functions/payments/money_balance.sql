CREATE OR REPLACE FUNCTION api.money_balance(p_proof boolean DEFAULT false)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_balance jsonb;
BEGIN
    PERFORM core.require('proof', p_proof::text);
    IF p_proof THEN
        SELECT to_jsonb(balance) INTO v_balance FROM ops.money_balance() AS balance;
    ELSE
        SELECT to_jsonb(balance) INTO v_balance
        FROM (SELECT * FROM core.money_balance_kept() CROSS JOIN core.kept_money()) AS balance;
    END IF;
    RETURN v_balance
        || jsonb_build_object('server_time', core.instant(clock_timestamp()));
END
$$;

COMMENT ON FUNCTION api.money_balance(boolean) IS $$
Where all confirmed money is, in rupiah: confirmed - paid_by_credit = held + kept + refund_due +
refunded + credit; unaccounted is what is missing, always 0. kept = unassigned (of sessions that go
on) + platform + owed (to mitras) + paid_out. The totals that are kept as money
moves, exact at any moment; with p_proof counted anew from every payment request and every entry of
the balances, which takes longer the more there are.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.money_balance(boolean) TO halo_cc;
