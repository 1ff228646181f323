CREATE OR REPLACE FUNCTION core.replay_summary(p_figures jsonb, p_runs integer)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
AS $$
SELECT jsonb_build_object(
    'searches', round((p_figures ->> 'searches')::numeric / p_runs),
    'paired', round((p_figures ->> 'paired')::numeric / p_runs),
    'no_mitra_available', round((p_figures ->> 'no_mitra_available')::numeric / p_runs),
    'not_accepted', round((p_figures ->> 'not_accepted')::numeric / p_runs),
    'cancelled', round((p_figures ->> 'cancelled')::numeric / p_runs),
    'offers', round((p_figures ->> 'offers')::numeric / p_runs),
    'wait_p50_seconds', round(core.quantile(wait.buckets, wait.counts, 0.5)::numeric, 1),
    'wait_p95_seconds', round(core.quantile(wait.buckets, wait.counts, 0.95)::numeric, 1))
FROM (
    SELECT array_agg(key::integer) AS buckets, array_agg(value::bigint) AS counts
    FROM jsonb_each_text(p_figures -> 'waits')
) AS wait
$$;

COMMENT ON FUNCTION core.replay_summary(jsonb, integer) IS $$
What core.replay_figures counted in so many runs, as the figures of one, with percentiles of the
waits in seconds.
$$;
