CREATE OR REPLACE FUNCTION core.extension_figures(p_extension core.session_extensions)
RETURNS TABLE (metric text, at timestamptz, bucket integer, value bigint)
LANGUAGE sql STABLE
AS $$
SELECT counted.metric, date_trunc('minute', counted.at), 0, 1::bigint
FROM (VALUES
    ('extensions', p_extension.requested_at),
    ('extensions_' || p_extension.status, p_extension.responded_at)
) AS counted (metric, at)
WHERE counted.at IS NOT NULL
$$;

COMMENT ON FUNCTION core.extension_figures(core.session_extensions) IS
'What an extension counts for: one asked for, and one of its outcome when it was settled.';
