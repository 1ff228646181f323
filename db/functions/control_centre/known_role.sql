CREATE OR REPLACE FUNCTION core.known_role(p_role_id uuid)
RETURNS core.roles
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_role core.roles;
BEGIN
    PERFORM core.require('role_id', p_role_id::text);
    SELECT * INTO v_role FROM core.roles WHERE id = p_role_id;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('role');
    END IF;
    RETURN v_role;
END
$$;

COMMENT ON FUNCTION core.known_role(uuid) IS $$
A role as it is now. Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
