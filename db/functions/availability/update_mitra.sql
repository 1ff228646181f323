CREATE OR REPLACE FUNCTION api.update_mitra(
    p_mitra_id uuid,
    p_display_name text DEFAULT NULL,
    p_phone text DEFAULT NULL,
    p_max_sessions integer DEFAULT NULL,
    p_version integer DEFAULT NULL,
    p_actor_id uuid DEFAULT NULL,
    p_mitra_share_percent integer DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_before core.mitras;
    v_mitra core.mitras;
BEGIN
    -- Judge what was given.
    PERFORM core.require('mitra_id', p_mitra_id::text);
    p_display_name := core.one_line('display_name', p_display_name, 80);
    PERFORM core.require_mitra_terms(
        p_phone, nullif(p_max_sessions, 0), nullif(p_mitra_share_percent, -1));

    -- Lock, read, judge.
    v_before := core.lock_mitra(p_mitra_id);
    PERFORM core.require_version(v_before.display_name, p_version, v_before.version);
    IF EXISTS (SELECT FROM core.mitras WHERE phone = p_phone AND id <> p_mitra_id) THEN
        PERFORM core.refuse(
            'INVALID_STATE', 'Another mitra has this phone number.',
            'Use another number.', 'phone');
    END IF;

    -- Write, unless nothing changes. A trigger tells the mirror another maximum, and makes the
    -- offers of a mitra that is full now due for withdrawal.
    UPDATE core.mitras
    SET display_name = coalesce(p_display_name, display_name),
        phone = coalesce(p_phone, phone),
        max_sessions = CASE WHEN p_max_sessions IS NULL THEN max_sessions
            ELSE nullif(p_max_sessions, 0) END,
        mitra_share_percent = CASE WHEN p_mitra_share_percent IS NULL THEN mitra_share_percent
            ELSE nullif(p_mitra_share_percent, -1) END
    WHERE id = p_mitra_id
    RETURNING * INTO v_mitra;
    IF v_mitra.version <> v_before.version THEN
        -- The audit log keeps no phone numbers.
        PERFORM core.audit(p_actor_id, 'mitra.update', p_mitra_id::text,
            jsonb_build_object('display_name', v_before.display_name,
                'max_sessions', v_before.max_sessions,
                'mitra_share_percent', v_before.mitra_share_percent),
            jsonb_build_object('display_name', v_mitra.display_name,
                'max_sessions', v_mitra.max_sessions,
                'mitra_share_percent', v_mitra.mitra_share_percent,
                'has_other_phone', v_mitra.phone <> v_before.phone));
    END IF;

    -- Whoever has the old number logs in no more, and is signed out.
    IF v_mitra.phone <> v_before.phone THEN
        PERFORM core.emit(core.revoke_logins('mitra', p_mitra_id, 'phone_changed'));
    END IF;
    PERFORM core.audit_reading(p_actor_id, p_mitra_id::text);
    RETURN core.mitra_json(p_mitra_id, p_actor_id);
END
$$;

COMMENT ON FUNCTION api.update_mitra(uuid, text, text, integer, integer, uuid, integer) IS $$
Changes a mitra's name, phone (E.164), own maximum of sessions or own share of earnings. Null leaves
it as it is; the maximum 0 is mitra_max_sessions again, the share -1 the setting
mitra_share_percent. Sessions that started keep their share. A maximum below what the mitra holds
ends no session: live offers are due for withdrawal. Another phone signs the mitra out everywhere.
p_version is the version that was read. Returns the mitra.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, VERSION_MISMATCH 412, INVALID_STATE 409 (phone in use).
Notifies: mitra_mirror, deadlines, pairing, events (signed_out).
$$;
GRANT EXECUTE ON FUNCTION api.update_mitra(uuid, text, text, integer, integer, uuid, integer)
TO halo_cc;
