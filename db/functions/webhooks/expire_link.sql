CREATE OR REPLACE FUNCTION core.expire_link(p_payment_request_id uuid)
RETURNS core.event[]
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_events core.event[] := core.lock_payment(p_payment_request_id);
BEGIN
    UPDATE core.payment_requests SET expires_at = least(expires_at, clock_timestamp())
    WHERE id = p_payment_request_id AND status = 'pending';
    RETURN v_events || core.expire_payments(ARRAY[p_payment_request_id]);
END
$$;

COMMENT ON FUNCTION core.expire_link(uuid) IS
'The provider takes no money for this link any more: it expires now, with the search that waited for it. Returns the events for the caller to emit. Raises: NOT_FOUND 404.';
