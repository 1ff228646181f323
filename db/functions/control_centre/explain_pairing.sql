CREATE OR REPLACE FUNCTION api.explain_pairing(p_session_id uuid, p_limit integer DEFAULT 200)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.require_page(p_limit);
    PERFORM core.known_session(p_session_id);
    RETURN (
        WITH explained AS MATERIALIZED (
            SELECT * FROM ops.explain_pairing(p_session_id) WITH ORDINALITY
                AS row (round, wave, mitra_id, display_name, verdict, reason, at, place)
        ), rest AS (
            SELECT explained.reason, count(*) AS mitras FROM explained
            WHERE explained.place > p_limit
            GROUP BY explained.reason
        )
        SELECT jsonb_build_object(
            'items', (
                SELECT jsonb_agg(
                    to_jsonb(explained) - 'place'
                        || jsonb_build_object('at', core.instant(explained.at))
                    ORDER BY explained.place)
                FROM explained WHERE explained.place <= p_limit),
            'others', (
                SELECT coalesce(jsonb_object_agg(rest.reason, rest.mitras), '{}') FROM rest)));
END
$$;

COMMENT ON FUNCTION api.explain_pairing(uuid, integer) IS $$
{items, others}: the first p_limit (1 to 200) rows of ops.explain_pairing, and how many more rows
there are of each reason.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
GRANT EXECUTE ON FUNCTION api.explain_pairing(uuid, integer) TO halo_cc;
