CREATE OR REPLACE FUNCTION api.fold_figures(p_limit integer DEFAULT 50000)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_zone text := core.hold_time_zone();
    v_today timestamptz := core.business_day(clock_timestamp());
    v_folded integer;
BEGIN
    PERFORM core.require('limit', p_limit::text);
    PERFORM core.count_replies();

    -- Take the changes away, and add them to each step that is still kept, always in the same
    -- order: all in one transaction, so a fold that is killed has done nothing.
    WITH taken AS (
        DELETE FROM core.figure_changes
        WHERE ctid = ANY (ARRAY(
            SELECT change.ctid FROM core.figure_changes AS change LIMIT p_limit))
        RETURNING metric, at, bucket, value
    ), summed AS (
        SELECT taken.metric, place.step, place.at, taken.bucket, sum(taken.value) AS value
        FROM taken CROSS JOIN LATERAL core.figure_places(taken.at, v_today, v_zone) AS place
        GROUP BY taken.metric, place.step, place.at, taken.bucket
    ), added AS (
        INSERT INTO core.figures AS known (metric, step, at, bucket, value)
        SELECT summed.metric, summed.step, summed.at, summed.bucket, summed.value FROM summed
        ORDER BY summed.metric, summed.step, summed.at, summed.bucket
        ON CONFLICT (metric, step, at, bucket) DO UPDATE SET value = known.value + excluded.value
    )
    SELECT count(*) INTO v_folded FROM taken;
    RETURN v_folded;
END
$$;

COMMENT ON FUNCTION api.fold_figures(integer) IS $$
Adds at most p_limit changes of figures to the minutes, hours, days and totals that they belong to,
and returns how many; call it again while it returns p_limit. Any number of callers may run it, at
any time: a change is in core.figure_changes or in core.figures, never in both. Also counts the
first replies of mitras.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.fold_figures(integer) TO halo_listener;
