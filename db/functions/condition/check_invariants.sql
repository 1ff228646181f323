CREATE OR REPLACE FUNCTION api.check_invariants(p_limit integer DEFAULT 100)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.require_page(p_limit);
    RETURN jsonb_build_object(
        'items', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'invariant', violation.invariant,
                'subject', violation.subject,
                'details', violation.details)), '[]')
            FROM (SELECT * FROM ops.invariant_violations() LIMIT p_limit) AS violation),
        'next_cursor', NULL,
        'server_time', core.instant(clock_timestamp()));
END
$$;

COMMENT ON FUNCTION api.check_invariants(integer) IS $$
{items, next_cursor, server_time}: the rules that do not hold at this moment, p_limit (1 to 200) at
most, each as ops.invariant_violations says it; no items when all is well. It reads whole tables, so
it is asked by hand, and by the leading listener four times a day; it ends with the caller's
statement_timeout.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.check_invariants(integer) TO halo_cc, halo_listener;
