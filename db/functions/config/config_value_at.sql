CREATE OR REPLACE FUNCTION core.config_value_at(p_key text, p_at timestamptz)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT coalesce((
    SELECT entry.before FROM core.audit_log AS entry
    WHERE entry.action = 'config.update' AND entry.subject = p_key AND entry.at > p_at
    ORDER BY entry.at, entry.id LIMIT 1), core.config_value(p_key))
$$;

COMMENT ON FUNCTION core.config_value_at(text, timestamptz) IS $$
The value of a setting as it was at p_at, by the audit log: what the first change after it replaced,
or the present value.
$$;
