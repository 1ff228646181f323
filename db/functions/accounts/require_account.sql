CREATE OR REPLACE FUNCTION core.require_account(p_user_type text, p_user_id uuid)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_account record;
BEGIN
    SELECT * INTO v_account FROM core.lock_account(p_user_type, p_user_id);
    IF p_user_type = 'mitra' AND NOT v_account.is_active THEN
        PERFORM core.refuse(
            'MITRA_DEACTIVATED', 'This mitra was deactivated by the control centre.',
            'Ask the control centre.');
    ELSIF NOT coalesce(v_account.is_active, false) THEN
        PERFORM core.refuse_unknown('account');
    END IF;
END
$$;

COMMENT ON FUNCTION core.require_account(text, uuid) IS $$
Locks an account that is about to change something of its own.
Raises: NOT_FOUND 404 (none, or deleted), MITRA_DEACTIVATED 403.
$$;
