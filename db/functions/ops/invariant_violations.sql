CREATE OR REPLACE FUNCTION ops.invariant_violations()
RETURNS TABLE (
    invariant text, subject text, details text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT violation.invariant, violation.subject, violation.details
FROM unnest(core.checked_parts()) AS part (name)
CROSS JOIN LATERAL core.wrong_slice(part.name) AS violation
$$;

COMMENT ON FUNCTION ops.invariant_violations() IS $$
The rows of the view ops.invariant_violations: every part (core.checked_parts) in one slice, all at
one moment. Raises nothing.
$$;
