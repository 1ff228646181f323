CREATE OR REPLACE FUNCTION core.due_from()
RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
SELECT to_timestamp(last_value / 1000000.0) FROM core.low_water_due
$$;

COMMENT ON FUNCTION core.due_from() IS $$
Nothing that is still to be done was due before this moment (api.mark_low_water). Looks for due work
begin here, and pass over what is done and not yet vacuumed. Looks for searches have both marks,
whichever index is chosen for them.
$$;
