CREATE OR REPLACE FUNCTION core.failure_figures(p_failure core.pairing_failures)
RETURNS TABLE (metric text, at timestamptz, bucket integer, value bigint)
LANGUAGE sql STABLE
AS $$
SELECT 'failures_' || p_failure.cause_tag, date_trunc('minute', p_failure.created_at), 0, 1::bigint
$$;

COMMENT ON FUNCTION core.failure_figures(core.pairing_failures) IS
'What a failed pairing counts for: one of its cause.';
