CREATE OR REPLACE FUNCTION core.checked_parts()
RETURNS text[]
LANGUAGE sql IMMUTABLE
AS $$
SELECT ARRAY['work', 'counts', 'money', 'totals', 'people', 'streams', 'times']
$$;

COMMENT ON FUNCTION core.checked_parts() IS $$
The parts of ops.invariant_violations in the order of api.check_invariants; core.wrong_slice says
what each of them judges.
$$;
