CREATE OR REPLACE FUNCTION api.money_condition()
RETURNS TABLE (unaccounted bigint, refunds_waiting bigint, refund_seconds double precision)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
SELECT balance.unaccounted, owed.refunds, core.seconds_since(owed.since)
FROM core.money_balance_kept() AS balance
CROSS JOIN (
    SELECT count(*) AS refunds, min(refund.since) AS since FROM ops.refund_due() AS refund
) AS owed
$$;

COMMENT ON FUNCTION api.money_condition() IS $$
What the listener's gauges tell of money. One row. unaccounted: rupiah that the totals of
api.money_balance miss, always 0. refunds_waiting: payments of which money is owed back
(ops.refund_due); refund_seconds: how long the one that waits longest has been owed, 0 when none
waits.
Raises and notifies nothing.
$$;
GRANT EXECUTE ON FUNCTION api.money_condition() TO halo_listener;
