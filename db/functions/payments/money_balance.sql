CREATE OR REPLACE FUNCTION api.money_balance()
RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT to_jsonb(balance) || jsonb_build_object('server_time', core.instant(clock_timestamp()))
FROM ops.money_balance() AS balance
$$;

COMMENT ON FUNCTION api.money_balance() IS $$
Where all confirmed money is, in rupiah, counted from every payment request and every entry of the
balances: confirmed - paid_by_credit = held + kept + refund_due + refunded + credit; unaccounted is
what is missing, always 0. Raises nothing.
$$;
GRANT EXECUTE ON FUNCTION api.money_balance() TO halo_cc;
