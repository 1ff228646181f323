CREATE OR REPLACE FUNCTION core.check_pace()
RETURNS TABLE (slice_rows integer, work interval)
LANGUAGE sql STABLE
AS $$
VALUES (1000, interval '2 seconds')
$$;

COMMENT ON FUNCTION core.check_pace() IS $$
How api.check_invariants goes on: slice_rows = about so many rows of a table are judged in one
statement; work = after so long a call begins no further slice.
$$;
