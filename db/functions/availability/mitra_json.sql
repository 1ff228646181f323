CREATE OR REPLACE FUNCTION core.mitra_json(p_mitra_id uuid, p_cc_user_id uuid)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT listed.shown FROM core.shown_mitras(ARRAY[p_mitra_id], p_cc_user_id) AS listed
$$;

COMMENT ON FUNCTION core.mitra_json(uuid, uuid) IS
'A mitra as core.shown_mitras shows it.';
