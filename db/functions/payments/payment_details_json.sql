CREATE OR REPLACE FUNCTION core.payment_details_json(p_payment core.payment_requests)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT listed.shown FROM core.shown_payments(ARRAY[p_payment]) AS listed
$$;

COMMENT ON FUNCTION core.payment_details_json(core.payment_requests) IS
'A payment request as core.shown_payments shows it.';
