CREATE OR REPLACE FUNCTION core.max_sessions_at(p_mitra core.mitras, p_at timestamptz)
RETURNS integer
LANGUAGE sql STABLE
AS $$
SELECT core.max_sessions(
    jsonb_populate_record(p_mitra, (
        SELECT entry.before FROM core.audit_log AS entry
        WHERE entry.action = 'mitra.update' AND entry.subject = p_mitra.id::text AND entry.at > p_at
        ORDER BY entry.at, entry.id LIMIT 1)),
    core.config_value_at('mitra_max_sessions', p_at)::integer)
$$;

COMMENT ON FUNCTION core.max_sessions_at(core.mitras, timestamptz) IS
'core.max_sessions as it was at p_at, by the audit log.';
