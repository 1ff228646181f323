CREATE OR REPLACE FUNCTION api.force_mitra_offline(p_mitra_id uuid, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_mitra core.mitras := core.lock_mitra(p_mitra_id);
    v_events core.event[];
BEGIN
    v_events := core.set_offline(ARRAY[v_mitra.id], 'forced', p_actor_id);
    IF cardinality(v_events) > 0 THEN
        PERFORM core.audit(p_actor_id, 'mitra.force_offline', p_mitra_id::text,
            '{"is_online": true}', '{"is_online": false}');
        PERFORM core.emit(v_events);
    END IF;
    PERFORM core.audit_reading(p_actor_id, p_mitra_id::text);
    RETURN core.mitra_json(p_mitra_id, p_actor_id);
END
$$;

COMMENT ON FUNCTION api.force_mitra_offline(uuid, uuid) IS $$
The control centre sets a mitra offline: live offers are due for withdrawal at once, running
sessions go on, and the mitra's app is told (cause forced). The mitra may go online again.
Repeating it changes nothing. Returns the mitra.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
Notifies: mitra_mirror, deadlines, events (status_changed).
$$;
GRANT EXECUTE ON FUNCTION api.force_mitra_offline(uuid, uuid) TO halo_cc;
