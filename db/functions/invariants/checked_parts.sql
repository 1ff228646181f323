CREATE OR REPLACE FUNCTION core.checked_parts()
RETURNS text[]
LANGUAGE sql IMMUTABLE
AS $$
SELECT ARRAY['work', 'shares', 'counts', 'money', 'totals', 'people', 'streams', 'times']
$$;

COMMENT ON FUNCTION core.checked_parts() IS $$
The parts of ops.invariant_violations in the order of api.check_invariants; core.wrong_slice says
what each of them judges. What takes longest in one piece is near the beginning, where a call has
most time left.
$$;
