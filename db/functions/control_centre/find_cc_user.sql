CREATE OR REPLACE FUNCTION api.find_cc_user(p_cc_user_id uuid)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_user jsonb;
BEGIN
    PERFORM core.require('cc_user_id', p_cc_user_id::text);
    v_user := core.cc_user_json(p_cc_user_id);
    IF v_user IS NULL THEN
        PERFORM core.refuse_unknown('control centre user');
    END IF;
    RETURN v_user;
END
$$;

COMMENT ON FUNCTION api.find_cc_user(uuid) IS $$
A user of the control centre. Raises: VALIDATION_ERROR 422, NOT_FOUND 404. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.find_cc_user(uuid) TO halo_cc;
