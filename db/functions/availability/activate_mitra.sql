CREATE OR REPLACE FUNCTION api.activate_mitra(p_mitra_id uuid, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_mitra core.mitras := core.lock_mitra(p_mitra_id);
BEGIN
    IF NOT v_mitra.is_active THEN
        UPDATE core.mitras SET is_active = true WHERE id = p_mitra_id;
        PERFORM core.log_mitra_status(ARRAY[p_mitra_id], 'activate', 'control_centre', p_actor_id);
        PERFORM core.audit(p_actor_id, 'mitra.activate', p_mitra_id::text,
            '{"is_active": false}', '{"is_active": true}');
    END IF;
    PERFORM core.audit_reading(p_actor_id, p_mitra_id::text);
    RETURN core.mitra_json(p_mitra_id, p_actor_id);
END
$$;

COMMENT ON FUNCTION api.activate_mitra(uuid, uuid) IS $$
The mitra may work again; it logs in and goes online by itself. Repeating it changes nothing.
Returns the mitra.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404. Notifies: mitra_mirror.
$$;
GRANT EXECUTE ON FUNCTION api.activate_mitra(uuid, uuid) TO halo_cc;
