CREATE OR REPLACE FUNCTION core.forget_missed_offers(p_mitra_id uuid)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    -- Asked first, because an UPDATE of no row runs the triggers of its table all the same.
    IF EXISTS (
        SELECT FROM core.mitra_online_status WHERE mitra_id = p_mitra_id AND missed_offers > 0)
    THEN
        UPDATE core.mitra_online_status SET missed_offers = 0 WHERE mitra_id = p_mitra_id;
    END IF;
END
$$;

COMMENT ON FUNCTION core.forget_missed_offers(uuid) IS
'An answer of any kind ends a row of missed offers. The caller has locked the mitra.';
