CREATE OR REPLACE FUNCTION core.recount_figures(
    p_source text, p_metrics text, p_from timestamptz, p_to timestamptz)
RETURNS integer
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_today timestamptz;
    v_zone text;
    v_corrections integer;
BEGIN
    -- Nobody else may correct the same meanwhile. The next statement sees what others corrected.
    PERFORM pg_advisory_xact_lock(hashtextextended('halobestie.figures', 0));
    v_zone := core.hold_time_zone();
    v_today := core.business_day(clock_timestamp());

    -- One statement, so one moment: each transaction wrote its rows and their changes together.
    WITH counted AS (
        SELECT figure.metric, place.at, figure.bucket, figure.value
        FROM core.rows_counted(p_source, p_from, p_to) AS figure
        CROSS JOIN LATERAL core.finest_place(figure.at, v_today, v_zone) AS place
    ), present AS (
        SELECT figure.metric, figure.at, figure.bucket, figure.value
        FROM core.figures AS figure
        CROSS JOIN LATERAL core.finest_place(figure.at, v_today, v_zone) AS place
        WHERE figure.metric ~ p_metrics AND figure.samples = 0 AND figure.step = place.step
            AND figure.at > '-infinity' AND figure.at >= p_from AND figure.at < p_to
        UNION ALL
        SELECT change.metric, place.at, change.bucket, change.value
        FROM core.figure_changes AS change
        CROSS JOIN LATERAL core.finest_place(change.at, v_today, v_zone) AS place
        WHERE change.metric ~ p_metrics
            AND change.at > '-infinity' AND change.at >= p_from AND change.at < p_to
    ), corrected AS (
        INSERT INTO core.figure_changes (metric, at, bucket, value)
        SELECT difference.metric, difference.at, difference.bucket, sum(difference.value)
        FROM (
            SELECT counted.metric, counted.at, counted.bucket, counted.value FROM counted
            UNION ALL
            SELECT present.metric, present.at, present.bucket, -present.value FROM present
        ) AS difference
        GROUP BY difference.metric, difference.at, difference.bucket
        HAVING sum(difference.value) <> 0
        RETURNING 1
    )
    SELECT count(*) INTO v_corrections FROM corrected;
    RETURN v_corrections;
END
$$;

COMMENT ON FUNCTION core.recount_figures(text, text, timestamptz, timestamptz) IS $$
Counts again what the rows of p_source (core.figure_sources) gave from p_from until before p_to,
both the beginning of a day or infinite, and appends what was wrong as changes: nobody waits, and
nothing that happens meanwhile is lost or counted twice. Compares in the finest step that is still
kept. p_metrics: the pattern of the metrics. Returns how many figures it corrected.
$$;
