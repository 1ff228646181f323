CREATE OR REPLACE FUNCTION core.refund_ways(p_payment core.payment_requests)
RETURNS text[]
LANGUAGE sql STABLE
AS $$
SELECT open.ways FROM core.open_ways(p_payment) AS open
$$;

COMMENT ON FUNCTION core.refund_ways(core.payment_requests) IS
'By which ways this money can be paid back now (core.open_ways).';
