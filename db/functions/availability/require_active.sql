CREATE OR REPLACE FUNCTION core.require_active(p_mitra core.mitras)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    IF NOT p_mitra.is_active THEN
        PERFORM core.refuse(
            'MITRA_DEACTIVATED', 'This mitra was deactivated by the control centre.',
            'Ask the control centre.');
    END IF;
END
$$;

COMMENT ON FUNCTION core.require_active(core.mitras) IS 'Raises: MITRA_DEACTIVATED 403.';
