CREATE OR REPLACE FUNCTION api.find_role(p_role_id uuid)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    RETURN core.role_json(core.known_role(p_role_id));
END
$$;

COMMENT ON FUNCTION api.find_role(uuid) IS $$
A role of the control centre. Raises: VALIDATION_ERROR 422, NOT_FOUND 404. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.find_role(uuid) TO halo_cc;
