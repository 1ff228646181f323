CREATE OR REPLACE FUNCTION core.quantile(
    p_buckets integer[], p_counts bigint[], p_fraction double precision)
RETURNS double precision
LANGUAGE sql IMMUTABLE
AS $$
WITH filled AS (
    SELECT part.bucket, part.count,
        sum(part.count) OVER (ORDER BY part.bucket) AS up_to,
        sum(part.count) OVER () * p_fraction AS wanted
    FROM unnest(p_buckets, p_counts) AS part (bucket, count)
    WHERE part.count > 0
)
-- Within its bucket the wanted time lies as far up as its rank does.
SELECT filled_bound.lower + (filled_bound.upper - filled_bound.lower)
    * (filled.wanted - filled.up_to + filled.count) / filled.count
FROM filled
CROSS JOIN LATERAL (
    SELECT core.bucket_bound(filled.bucket) AS lower, core.bucket_bound(filled.bucket + 1) AS upper
) AS filled_bound
WHERE filled.up_to >= filled.wanted
ORDER BY filled.bucket LIMIT 1
$$;

COMMENT ON FUNCTION core.quantile(integer[], bigint[], double precision) IS $$
The time in seconds below which p_fraction of what a histogram holds lies: p_counts[n] times in
bucket p_buckets[n] of core.bucket. Exact to the width of a bucket. Null when it holds nothing.
$$;
