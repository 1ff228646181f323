CREATE OR REPLACE FUNCTION core.discount_used(p_customer_id uuid)
RETURNS boolean
LANGUAGE sql VOLATILE
AS $$
SELECT EXISTS (
    SELECT FROM core.payment_requests
    WHERE customer_id = p_customer_id AND is_first_session_discount
        AND status IN ('confirmed', 'consumed'))
$$;

COMMENT ON FUNCTION core.discount_used(uuid) IS
'Whether this customer already has a confirmed payment at the first-session price.';
