CREATE OR REPLACE FUNCTION core.max_sessions(p_mitra core.mitras, p_general integer DEFAULT NULL)
RETURNS integer
LANGUAGE sql STABLE
AS $$
SELECT coalesce(p_mitra.max_sessions, p_general, core.config_int('mitra_max_sessions'))
$$;

COMMENT ON FUNCTION core.max_sessions(core.mitras, integer) IS $$
The sessions this mitra may hold at a time: its own maximum, else p_general, else
mitra_max_sessions. A caller with many mitras reads mitra_max_sessions once and hands it in.
$$;
