CREATE OR REPLACE FUNCTION core.finest_place(
    p_at timestamptz, p_today timestamptz, p_zone text)
RETURNS TABLE (step text, at timestamptz)
LANGUAGE sql STABLE
AS $$
SELECT place.step, place.at FROM core.figure_places(p_at, p_today, p_zone) AS place
ORDER BY array_position('{minute,hour,day,ever}', place.step) LIMIT 1
$$;

COMMENT ON FUNCTION core.finest_place(timestamptz, timestamptz, text) IS
'Of the places of core.figure_places the shortest.';
