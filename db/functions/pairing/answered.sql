CREATE OR REPLACE FUNCTION core.answered(p_mitra_id uuid)
RETURNS void
LANGUAGE sql VOLATILE
AS $$
UPDATE core.mitra_online_status SET missed_offers = 0
WHERE mitra_id = p_mitra_id AND missed_offers > 0
$$;

COMMENT ON FUNCTION core.answered(uuid) IS
'An answer of any kind ends a row of missed offers. The caller has locked the mitra.';
