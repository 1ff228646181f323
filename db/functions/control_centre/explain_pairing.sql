CREATE OR REPLACE FUNCTION api.explain_pairing(
    p_session_id uuid, p_limit integer DEFAULT 200, p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_after bigint;
BEGIN
    PERFORM core.require_page(p_limit);
    PERFORM core.known_session(p_session_id);

    -- The cursor is a place in the explanation, as it is now.
    v_after := core.cursor_place(p_cursor);
    RETURN (
        WITH explained AS MATERIALIZED (
            SELECT * FROM ops.explain_pairing(p_session_id) WITH ORDINALITY
                AS row (round, wave, mitra_id, display_name, verdict, reason, at, place)
        ), rest AS (
            SELECT explained.reason, count(*) AS mitras FROM explained
            WHERE explained.place - p_limit > v_after
            GROUP BY explained.reason
        )
        SELECT jsonb_build_object(
            'items', coalesce((
                SELECT jsonb_agg(
                    to_jsonb(explained) - 'place'
                        || jsonb_build_object('at', core.instant(explained.at))
                    ORDER BY explained.place)
                FROM explained
                WHERE explained.place > v_after AND explained.place - p_limit <= v_after), '[]'),
            'next_cursor', CASE WHEN EXISTS (SELECT FROM rest)
                THEN core.cursor((v_after + p_limit)::text) END,
            'others', (
                SELECT coalesce(jsonb_object_agg(rest.reason, rest.mitras), '{}') FROM rest)));
END
$$;

COMMENT ON FUNCTION api.explain_pairing(uuid, integer, text) IS $$
{items, next_cursor, others}: the rows of ops.explain_pairing, p_limit (1 to 200) a page, and how
many more rows there are of each reason.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
GRANT EXECUTE ON FUNCTION api.explain_pairing(uuid, integer, text) TO halo_cc;
