CREATE OR REPLACE FUNCTION core.withdraw_pushes(p_user_type text, p_user_id uuid)
RETURNS void
LANGUAGE sql VOLATILE
AS $$
UPDATE core.pushes SET status = 'cancelled', settled_at = clock_timestamp()
WHERE id IN (
    SELECT push.id FROM core.push_tokens AS device
    JOIN core.pushes AS push ON push.token = device.token AND push.status = 'queued'
        AND push.recipient = p_user_type || ':' || p_user_id
    WHERE device.user_type = p_user_type AND device.user_id = p_user_id
    FOR NO KEY UPDATE OF push SKIP LOCKED)
$$;

COMMENT ON FUNCTION core.withdraw_pushes(text, uuid) IS $$
Cancels what is queued for a user's devices; what is being sent at this moment can't be called
back.
$$;
