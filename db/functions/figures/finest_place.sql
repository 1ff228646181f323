CREATE OR REPLACE FUNCTION core.finest_place(p_at timestamptz, p_today timestamptz)
RETURNS TABLE (step text, at timestamptz)
LANGUAGE sql STABLE
AS $$
SELECT place.step, place.at FROM core.figure_places(p_at, p_today) AS place
ORDER BY array_position('{minute,hour,day,ever}', place.step) LIMIT 1
$$;

COMMENT ON FUNCTION core.finest_place(timestamptz, timestamptz) IS
'Of the places of core.figure_places the shortest.';
