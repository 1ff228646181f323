CREATE OR REPLACE FUNCTION core.is_undelivered(p_payment core.payment_requests)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT p_payment.status = 'confirmed' AND CASE WHEN p_payment.is_extension
    THEN NOT EXISTS (SELECT FROM core.session_extensions WHERE payment_request_id = p_payment.id)
    ELSE p_payment.session_id IS NULL END
$$;

COMMENT ON FUNCTION core.is_undelivered(core.payment_requests) IS $$
Whether confirmed money has bought nothing yet: it has no session, or, for an extension, nobody
asked for it.
$$;
