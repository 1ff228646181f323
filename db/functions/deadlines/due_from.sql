CREATE OR REPLACE FUNCTION core.due_from()
RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
SELECT to_timestamp(last_value / 1000000.0) FROM core.low_water_due
$$;

COMMENT ON FUNCTION core.due_from() IS $$
Where looks for due work begin, so that they pass over what is done and can't be vacuumed: long ago,
unless somebody holds the horizon (api.mark_low_water).
$$;
