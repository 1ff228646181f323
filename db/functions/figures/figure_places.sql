CREATE OR REPLACE FUNCTION core.figure_places(
    p_at timestamptz, p_today timestamptz, p_zone text DEFAULT core.business_time_zone())
RETURNS TABLE (step text, at timestamptz)
LANGUAGE sql STABLE
AS $$
SELECT place.step, place.at
FROM (VALUES
    ('minute', p_at, p_at >= p_today - interval '7 days'),
    ('hour', date_trunc('hour', p_at, p_zone),
        p_at >= p_today - interval '90 days'),
    ('day', date_trunc('day', p_at, p_zone), p_at > '-infinity'),
    ('ever', '-infinity', true)
) AS place (step, at, is_kept)
WHERE place.is_kept
$$;

COMMENT ON FUNCTION core.figure_places(timestamptz, timestamptz, text) IS $$
The minute, hour, day and total of core.figures to which what happened in the minute p_at belongs,
without those that are not kept so long: minutes for 7 days before p_today, when today began, and
hours for 90. p_zone: core.business_time_zone.
$$;
