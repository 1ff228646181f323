CREATE OR REPLACE FUNCTION api.create_mitra(
    p_display_name text,
    p_phone text,
    p_max_sessions integer DEFAULT NULL,
    p_actor_id uuid DEFAULT NULL,
    p_mitra_share_percent integer DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_id uuid;
BEGIN
    PERFORM core.require('display_name', p_display_name, 'phone', p_phone);

    -- Judge what was given.
    p_display_name := core.one_line('display_name', p_display_name, 80);
    PERFORM core.require_mitra_terms(p_phone, p_max_sessions, p_mitra_share_percent);

    -- Write. A phone number that is in use is found by its key, also when two calls meet.
    INSERT INTO core.mitras (display_name, phone, max_sessions, mitra_share_percent)
    VALUES (p_display_name, p_phone, p_max_sessions, p_mitra_share_percent)
    ON CONFLICT (phone) DO NOTHING
    RETURNING id INTO v_id;
    IF v_id IS NULL THEN
        PERFORM core.refuse(
            'INVALID_STATE', 'Another mitra has this phone number.',
            'Use another number.', 'phone');
    END IF;
    PERFORM core.log_mitra_status(ARRAY[v_id], 'activate', 'created', p_actor_id);
    PERFORM core.audit(p_actor_id, 'mitra.create', v_id::text, NULL,
        core.mitra_json(v_id, NULL) - 'phone');     -- the audit log keeps no phone numbers
    RETURN core.mitra_json(v_id, p_actor_id);
END
$$;

COMMENT ON FUNCTION api.create_mitra(text, text, integer, uuid, integer) IS $$
A new mitra: active, offline. p_phone in E.164; p_max_sessions null = mitra_max_sessions, and
p_mitra_share_percent null = the setting mitra_share_percent. Returns the mitra.
Raises: VALIDATION_ERROR 422, INVALID_STATE 409 (phone in use).
Notifies: mitra_mirror.
$$;
GRANT EXECUTE ON FUNCTION api.create_mitra(text, text, integer, uuid, integer) TO halo_cc;
