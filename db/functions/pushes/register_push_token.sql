CREATE OR REPLACE FUNCTION api.register_push_token(p_user_type text, p_user_id uuid, p_token text)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.require('user_type', p_user_type, 'user_id', p_user_id::text, 'token', p_token);
    IF length(p_token) > 4096 OR core.is_blank(p_token)
        OR p_token ~ '[\u0001-\u001F\u007F-\u009F]'
    THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'A push token has 1 to 4096 characters, no control characters among them.',
            'Send the token as FCM gave it.', 'token');
    END IF;
    PERFORM core.require_account(p_user_type, p_user_id);
    INSERT INTO core.push_tokens (token, user_type, user_id)
    VALUES (p_token, p_user_type, p_user_id)
    ON CONFLICT (token) DO UPDATE
    SET user_type = excluded.user_type, user_id = excluded.user_id, updated_at = clock_timestamp();
    DELETE FROM core.push_tokens WHERE token IN (
        SELECT token FROM core.push_tokens WHERE user_type = p_user_type AND user_id = p_user_id
        ORDER BY updated_at DESC OFFSET 10);
END
$$;

COMMENT ON FUNCTION api.register_push_token(text, uuid, text) IS $$
Pushes for this user go to this device (an FCM registration token), and no longer to the user who
registered it before. Repeating it renews it. A user has at most ten devices: the device renewed
longest ago is forgotten.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, MITRA_DEACTIVATED 403. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.register_push_token(text, uuid, text) TO halo_app;
