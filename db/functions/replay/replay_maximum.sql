CREATE OR REPLACE FUNCTION core.replay_maximum(p_mitra_id uuid, p_maximum integer)
RETURNS integer
LANGUAGE sql STABLE
AS $$
SELECT coalesce(mitra.max_sessions, p_maximum) FROM core.mitras AS mitra WHERE mitra.id = p_mitra_id
$$;

COMMENT ON FUNCTION core.replay_maximum(uuid, integer) IS
'The maximum of a mitra where the general one is p_maximum.';
