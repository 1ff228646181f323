CREATE OR REPLACE FUNCTION api.revoke_display(p_display_id uuid, p_actor_id uuid DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_display core.auth_sessions;
BEGIN
    PERFORM core.require('display_id', p_display_id::text);

    -- Find, then lock its user: every writer of a login holds its account.
    SELECT * INTO v_display FROM core.auth_sessions AS display
    WHERE display.family = p_display_id AND display.kind = 'display';
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('display');
    END IF;
    PERFORM core.lock_account('cc', v_display.user_id);

    -- Write. Once more changes nothing.
    UPDATE core.auth_sessions AS display
    SET revoked_at = clock_timestamp(), revoked_reason = 'revoked'
    WHERE display.id = v_display.id AND display.revoked_at IS NULL;
    IF FOUND THEN
        PERFORM core.audit(
            p_actor_id, 'display.revoke', p_display_id::text, core.display_json(v_display), NULL);
    END IF;
END
$$;

COMMENT ON FUNCTION api.revoke_display(uuid, uuid) IS $$
Ends a display: it shows nothing from its next look on, a second later at most. Repeating it changes
nothing.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.revoke_display(uuid, uuid) TO halo_cc;
