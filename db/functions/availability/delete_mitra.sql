CREATE OR REPLACE FUNCTION api.delete_mitra(
    p_mitra_id uuid, p_version integer DEFAULT NULL, p_actor_id uuid DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_mitra core.mitras := core.lock_mitra(p_mitra_id);
BEGIN
    -- Judge. Whoever makes an offer holds the mitra's row, so an offer of this moment is seen here.
    PERFORM core.require_version(v_mitra.display_name, p_version, v_mitra.version);
    IF EXISTS (SELECT FROM core.pairing_offers WHERE mitra_id = p_mitra_id)
        OR EXISTS (SELECT FROM core.chat_sessions WHERE mitra_id = p_mitra_id)
    THEN
        PERFORM core.refuse('INVALID_STATE',
            'This mitra was offered sessions, and stays in their history.',
            'Deactivate the mitra.');
    END IF;

    -- Write. What belongs to the mitra alone goes with the row; a trigger tells the mirror.
    PERFORM core.forget_code('mitra', v_mitra.phone);
    PERFORM core.withdraw_pushes('mitra', p_mitra_id);
    DELETE FROM core.push_tokens WHERE user_type = 'mitra' AND user_id = p_mitra_id;
    DELETE FROM core.mitras WHERE id = p_mitra_id;
    PERFORM core.audit(p_actor_id, 'mitra.delete', p_mitra_id::text,
        jsonb_build_object('display_name', v_mitra.display_name,
            'max_sessions', v_mitra.max_sessions),
        NULL);
    PERFORM core.emit(core.revoke_logins('mitra', p_mitra_id, 'deleted'));
END
$$;

COMMENT ON FUNCTION api.delete_mitra(uuid, integer, uuid) IS $$
Deletes a mitra who was never offered a session: made by mistake, or gone before the work began.
Phone, devices and the ledger of online and offline go too; every login ends. p_version is the
version that was read.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, VERSION_MISMATCH 412, INVALID_STATE 409 (the mitra was
offered a session).
Notifies: mitra_mirror, events (signed_out).
$$;
GRANT EXECUTE ON FUNCTION api.delete_mitra(uuid, integer, uuid) TO halo_cc;
