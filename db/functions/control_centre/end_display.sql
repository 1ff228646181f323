CREATE OR REPLACE FUNCTION core.end_display(p_display core.auth_sessions, p_actor_id uuid)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    -- Lock its user: every writer of a login holds its account.
    PERFORM core.lock_account('cc', p_display.user_id);

    -- Write. Once more changes nothing.
    UPDATE core.auth_sessions AS display
    SET revoked_at = clock_timestamp(), revoked_reason = 'revoked'
    WHERE display.id = p_display.id AND display.revoked_at IS NULL;
    IF FOUND THEN
        PERFORM core.audit(p_actor_id, 'display.revoke', p_display.family::text,
            core.display_json(p_display), NULL);
    END IF;
END
$$;

COMMENT ON FUNCTION core.end_display(core.auth_sessions, uuid) IS $$
Ends a display, and writes it into the audit log. Repeating it changes nothing.
$$;
