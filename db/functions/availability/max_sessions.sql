CREATE OR REPLACE FUNCTION core.max_sessions(p_mitra core.mitras)
RETURNS integer
LANGUAGE sql STABLE
AS $$
SELECT coalesce(p_mitra.max_sessions, core.config_int('mitra_max_sessions'))
$$;

COMMENT ON FUNCTION core.max_sessions(core.mitras) IS 'The sessions this mitra may hold at a time: its own maximum, else mitra_max_sessions.';
