CREATE OR REPLACE FUNCTION core.lateness_figures(p_run core.deadline_runs)
RETURNS TABLE (metric text, at timestamptz, bucket integer, value bigint)
LANGUAGE sql STABLE
AS $$
SELECT 'deadline_lateness', date_trunc('minute', p_run.at), core.bucket(late.ms / 1000), 1::bigint
FROM unnest(p_run.lateness_ms) AS late (ms)
$$;

COMMENT ON FUNCTION core.lateness_figures(core.deadline_runs) IS
'What a run of due work counts for: how late each of its rows was settled.';
