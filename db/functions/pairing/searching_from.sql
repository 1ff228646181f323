CREATE OR REPLACE FUNCTION core.searching_from()
RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
SELECT to_timestamp(last_value / 1000000.0) FROM core.low_water_search
$$;

COMMENT ON FUNCTION core.searching_from() IS $$
Where looks for waiting sessions begin: as core.due_from, by when the search began.
$$;
