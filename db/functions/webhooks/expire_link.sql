CREATE OR REPLACE FUNCTION core.expire_link(p_payment_request_id uuid)
RETURNS core.event[]
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    UPDATE core.payment_requests SET expires_at = least(expires_at, clock_timestamp())
    WHERE id = p_payment_request_id AND status = 'pending';
    RETURN core.expire_payments(ARRAY[p_payment_request_id]);
END
$$;

COMMENT ON FUNCTION core.expire_link(uuid) IS
'The provider takes no money for this locked link any more: it expires now, with the search that waited for it. Returns the events for the caller to emit.';
