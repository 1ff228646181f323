CREATE OR REPLACE FUNCTION core.searching_from()
RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
SELECT to_timestamp(last_value / 1000000.0) FROM core.low_water_search
$$;

COMMENT ON FUNCTION core.searching_from() IS $$
No search that goes on began before this moment (api.mark_low_water). Looks for waiting sessions
begin here.
$$;
