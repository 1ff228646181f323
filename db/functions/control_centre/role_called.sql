CREATE OR REPLACE FUNCTION core.role_called(p_name text)
RETURNS core.roles
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_role core.roles;
BEGIN
    SELECT * INTO v_role FROM core.roles WHERE name = p_name;
    IF NOT FOUND THEN
        PERFORM core.refuse(
            'VALIDATION_ERROR', 'There is no role ' || p_name || '.',
            'SELECT api.list_roles() has them.', 'role');
    END IF;
    RETURN v_role;
END
$$;

COMMENT ON FUNCTION core.role_called(text) IS $$
The role of this name. Raises: VALIDATION_ERROR 422, field role.
$$;
