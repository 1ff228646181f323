CREATE OR REPLACE FUNCTION api.forget_push_token(p_user_type text, p_user_id uuid, p_token text)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.require('user_type', p_user_type, 'user_id', p_user_id::text, 'token', p_token);
    DELETE FROM core.push_tokens
    WHERE token = p_token AND user_type = p_user_type AND user_id = p_user_id;
END
$$;

COMMENT ON FUNCTION api.forget_push_token(text, uuid, text) IS $$
Nothing is pushed to this device any more, and nothing that is queued for it. A token that is not
the user's own is left alone, so that the call changes nothing. A mitra that was deactivated, and
an account that is gone, may also do it. Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.forget_push_token(text, uuid, text) TO halo_app;
