CREATE OR REPLACE FUNCTION api.rebuild_figures(p_from_at timestamptz, p_to_at timestamptz)
RETURNS TABLE (source text, from_at timestamptz, to_at timestamptz, corrections integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_sources text[];
    v_sum bigint;
BEGIN
    PERFORM core.require('from_at', p_from_at::text);
    PERFORM core.require('to_at', p_to_at::text);
    IF p_from_at >= p_to_at THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'The range ends before it begins.', 'Give p_from_at before p_to_at.', 'from_at');
    END IF;

    -- Whole days, as far back as the rows of each source are kept.
    p_from_at := core.business_day(p_from_at);
    p_to_at := core.business_day(p_to_at) + CASE
        WHEN core.business_day(p_to_at) < p_to_at THEN interval '1 day' ELSE '0' END;
    FOR source, from_at, to_at, corrections IN
        SELECT known.source, greatest(p_from_at, known.since), p_to_at,
            core.recount_figures(
                known.source, format('^(%s)$', known.metrics),
                greatest(p_from_at, known.since), p_to_at)
        FROM core.figure_sources() AS known
        UNION ALL
        SELECT 'payments', '-infinity', 'infinity', core.recount_money()
    LOOP
        v_sources := v_sources || source;
        v_sum := coalesce(v_sum, 0) + corrections;
        RETURN NEXT;
    END LOOP;
    INSERT INTO core.figure_builds (from_at, to_at, sources, corrections)
    VALUES (p_from_at, p_to_at, v_sources, v_sum);
END
$$;

COMMENT ON FUNCTION api.rebuild_figures(timestamptz, timestamptz) IS $$
Counts figures again from the rows that they are about, for each day of business that the range
touches, and mends what is wrong; money totals always as a whole. Returns one row a source: from
when, as far back as its rows are kept, until when, and how many figures were wrong. Nobody waits
for it, and what happens meanwhile is neither lost nor counted twice; it reads every row of the
range, so it takes a while. Gauges (who was online, who waited) can't be counted again.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
