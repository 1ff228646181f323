CREATE OR REPLACE FUNCTION core.settle_overdue_extension(
    p_extension core.session_extensions, p_connected boolean)
RETURNS core.event[]
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_mitra_id uuid := (core.read_session(p_extension.session_id)).mitra_id;
BEGIN
    IF core.config_text('extension_default_action_on_timeout') = 'auto_reject' THEN
        RETURN core.resolve_extension(
            p_extension, 'timeout', 'extension_rejected', true, 'timeout');
    END IF;
    IF p_connected AND EXISTS (
        SELECT FROM core.mitras AS mitra
        JOIN core.mitra_online_status AS status ON status.mitra_id = mitra.id
        WHERE mitra.id = v_mitra_id AND mitra.is_active AND status.is_online
    ) THEN
        RETURN core.resolve_extension(p_extension, 'accepted', NULL, true);
    END IF;
    RETURN core.resolve_extension(
        p_extension, 'timeout', 'extension_safeguard_tripped', true, 'safeguard');
END
$$;

COMMENT ON FUNCTION core.settle_overdue_extension(core.session_extensions, boolean) IS $$
What silence means for an extension past its deadline: extension_default_action_on_timeout, as it
is now. Approves only for a mitra that is active, online and p_connected. The caller has locked the
extension and its mitra.
$$;
