CREATE OR REPLACE FUNCTION core.lock_rights(p_actor_id uuid, p_resource text, p_action text)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    PERFORM core.lock_roles();
    IF p_actor_id IS NOT NULL THEN
        PERFORM api.require_permission(p_actor_id, p_resource, p_action);
    END IF;
END
$$;

COMMENT ON FUNCTION core.lock_rights(uuid, text, text) IS $$
Locks the rights (core.lock_roles), and judges again whether the actor still may: somebody may have
taken that right while this call waited. null is a DBA, who may.
Raises: UNAUTHENTICATED 401, FORBIDDEN 403.
$$;
