CREATE OR REPLACE FUNCTION core.to_mitra(p_mitra_id uuid, p_type text, p_payload jsonb)
RETURNS core.event
LANGUAGE sql IMMUTABLE
AS $$
SELECT ROW('mitra:' || p_mitra_id, p_type, p_payload)::core.event
$$;

COMMENT ON FUNCTION core.to_mitra(uuid, text, jsonb) IS
'An event for a mitra; for nobody, when the id is null.';
