CREATE OR REPLACE FUNCTION core.figure_value(
    p_kind text, p_counted text[], p_per text[], p_parameter double precision,
    p_metrics text[], p_buckets integer[], p_values bigint[], p_samples integer[])
RETURNS numeric
LANGUAGE sql IMMUTABLE
AS $$
WITH part AS (
    SELECT * FROM unnest(p_metrics, p_buckets, p_values, p_samples)
        AS given (metric, bucket, value, samples)
), summed AS (
    SELECT
        coalesce(sum(part.value) FILTER (WHERE part.metric = ANY (p_counted)
            AND (p_kind <> 'within' OR part.bucket < core.bucket(p_parameter))), 0) AS counted,
        sum(part.value) FILTER (WHERE part.metric = ANY (p_per)) AS per,
        sum(part.samples) AS samples,
        array_agg(part.bucket) FILTER (WHERE part.metric = ANY (p_counted)) AS buckets,
        array_agg(part.value) FILTER (WHERE part.metric = ANY (p_counted)) AS counts
    FROM part
)
SELECT CASE p_kind
    WHEN 'count' THEN floor(summed.counted / p_parameter::numeric)
    WHEN 'gauge' THEN round(summed.counted / nullif(summed.samples, 0), 1)
    WHEN 'quantile' THEN
        round(core.quantile(summed.buckets, summed.counts, p_parameter)::numeric, 3)
    ELSE round(100.0 * summed.counted / nullif(summed.per, 0), 1) END
FROM summed
$$;

COMMENT ON FUNCTION core.figure_value(
    text, text[], text[], double precision, text[], integer[], bigint[], integer[]) IS $$
The value of a metric (the first four arguments, as core.figure_metrics says them) over figures:
p_values[n] of p_metrics[n] in bucket p_buckets[n], summed of p_samples[n] samples. Null when there
is nothing to divide by or to measure.
$$;
