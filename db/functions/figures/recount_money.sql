CREATE OR REPLACE FUNCTION core.recount_money()
RETURNS integer
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_corrections integer;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('halobestie.figures', 0));
    WITH corrected AS (
        INSERT INTO core.figure_changes (metric, at, bucket, value)
        SELECT difference.metric, '-infinity', 0, sum(difference.value)
        FROM (
            SELECT counted.metric, counted.value FROM core.money_counted() AS counted
            UNION ALL
            SELECT total.metric, -total.value FROM core.money_totals() AS total
        ) AS difference
        GROUP BY difference.metric HAVING sum(difference.value) <> 0
        RETURNING 1
    )
    SELECT count(*) INTO v_corrections FROM corrected;
    RETURN v_corrections;
END
$$;

COMMENT ON FUNCTION core.recount_money() IS $$
Counts the totals of the money balance again from their rows, and appends what was wrong
as changes. Returns how many totals it corrected.
$$;
