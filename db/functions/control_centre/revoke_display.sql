CREATE OR REPLACE FUNCTION api.revoke_display(p_display_id uuid, p_actor_id uuid DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_display core.auth_sessions;
BEGIN
    PERFORM core.require('display_id', p_display_id::text);
    SELECT * INTO v_display FROM core.auth_sessions AS display
    WHERE display.family = p_display_id AND display.kind = 'display';
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('display');
    END IF;
    PERFORM core.end_display(v_display, p_actor_id);
END
$$;

COMMENT ON FUNCTION api.revoke_display(uuid, uuid) IS $$
Ends a display: it shows nothing from its next look on, a second later at most. Repeating it changes
nothing.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.revoke_display(uuid, uuid) TO halo_cc;
