CREATE OR REPLACE FUNCTION api.open_display(p_name text, p_token_hash bytea, p_actor_id uuid)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_display core.auth_sessions;
BEGIN
    PERFORM core.require(
        'name', p_name, 'token_hash', p_token_hash::text, 'actor_id', p_actor_id::text);
    p_name := core.one_line('name', p_name, 80);

    -- Lock and judge: a display lives no longer than the user who answers for it.
    IF NOT coalesce((SELECT is_active FROM core.lock_account('cc', p_actor_id)), false) THEN
        PERFORM core.refuse_unknown('control centre user');
    END IF;

    v_display.family := core.open_login('cc', p_actor_id, p_token_hash, p_kind => 'display');
    UPDATE core.auth_sessions AS opened SET label = p_name
    WHERE opened.token_hash = p_token_hash
    RETURNING * INTO v_display;
    PERFORM core.audit(p_actor_id, 'display.open', v_display.family::text, NULL,
        core.display_json(v_display));
    RETURN core.display_json(v_display);
END
$$;

COMMENT ON FUNCTION api.open_display(text, bytea, uuid) IS $$
Opens a display, a wall screen that shows figures and may do nothing else, for 30 days.
p_token_hash is the hash of its cookie. Returns it (core.display_json). It ends sooner with
api.revoke_display, and when p_actor_id, the user who answers for it, is switched off; it shows
nothing while that user may not see the figures.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.open_display(text, bytea, uuid) TO halo_cc;
