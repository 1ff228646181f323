CREATE OR REPLACE FUNCTION api.request_data_export(p_user_type text, p_user_id uuid)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.require('user_type', p_user_type, 'user_id', p_user_id::text);
    PERFORM core.require_account(p_user_type, p_user_id);
    DELETE FROM core.data_exports
    WHERE user_type = p_user_type AND user_id = p_user_id
        AND ready_at <= clock_timestamp() - interval '1 day';
    INSERT INTO core.data_exports (user_type, user_id) VALUES (p_user_type, p_user_id)
    ON CONFLICT (user_type, user_id) DO NOTHING;
    PERFORM core.prove_presence(p_user_id) WHERE p_user_type = 'mitra';
    RETURN core.data_export_json(p_user_type, p_user_id);
END
$$;

COMMENT ON FUNCTION api.request_data_export(text, uuid) IS $$
A customer or mitra asks for everything about oneself. One a day: until a day after the last export
became ready, asking again changes nothing and answers with that export. Returns its state; the
listener makes it (api.make_data_export).
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, MITRA_DEACTIVATED 403. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.request_data_export(text, uuid) TO halo_app;
