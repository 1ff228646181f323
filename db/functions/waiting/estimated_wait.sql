CREATE OR REPLACE FUNCTION core.estimated_wait()
RETURNS integer
LANGUAGE sql STABLE
AS $$
SELECT round(core.quantile(array_agg(wait.bucket), array_agg(wait.waits), 0.5))::integer
FROM (
    SELECT figure.bucket, sum(figure.value)::bigint AS waits FROM core.figures AS figure
    WHERE figure.metric = 'pairing_wait' AND figure.step = 'minute'
        AND figure.at >= clock_timestamp() - interval '30 minutes'
    GROUP BY figure.bucket
) AS wait
$$;

COMMENT ON FUNCTION core.estimated_wait() IS $$
How many seconds a search waits for its accept: half of those of the last 30 minutes waited no
longer. Null when nobody was paired. It reads what is folded already, so it is a few seconds late.
$$;
