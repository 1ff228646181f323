CREATE OR REPLACE FUNCTION core.figures_of_day(p_day timestamptz)
RETURNS TABLE (metric text, bucket integer, value bigint)
LANGUAGE sql STABLE
AS $$
SELECT figure.metric, figure.bucket, sum(figure.value)::bigint
FROM (
    SELECT known.metric, known.bucket, known.value FROM core.figures AS known
    WHERE known.step = 'day' AND known.at = p_day AND known.samples = 0
    UNION ALL
    SELECT change.metric, change.bucket, change.value FROM core.figure_changes AS change
    WHERE change.at >= p_day AND change.at < p_day + interval '1 day'
) AS figure
GROUP BY figure.metric, figure.bucket
$$;

COMMENT ON FUNCTION core.figures_of_day(timestamptz) IS $$
The counts, sums and histograms of the day of business that began at p_day: folded and not yet
folded, so exact at any moment.
$$;
