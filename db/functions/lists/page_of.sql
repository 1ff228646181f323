CREATE OR REPLACE FUNCTION core.page_of(p_items jsonb, p_limit integer, p_cursor text)
RETURNS jsonb
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v_after bigint := core.cursor_place(p_cursor);
BEGIN
    IF p_limit IS NULL THEN
        p_limit := greatest(jsonb_array_length(p_items), 0);
    ELSE
        PERFORM core.require_page(p_limit);
    END IF;
    RETURN jsonb_build_object(
        'items', coalesce((
            SELECT jsonb_agg(listed.item ORDER BY listed.place)
            FROM jsonb_array_elements(p_items) WITH ORDINALITY AS listed (item, place)
            WHERE listed.place > v_after AND listed.place - p_limit <= v_after), '[]'),
        'next_cursor', CASE WHEN jsonb_array_length(p_items) - p_limit > v_after
            THEN core.cursor((v_after + p_limit)::text) END);
END
$$;

COMMENT ON FUNCTION core.page_of(jsonb, integer, text) IS $$
{items, next_cursor}: the page of a short list, all of which is in p_items (null = nothing). p_limit
is 1 to 200; null = all that is left. The cursor is a place in the list.
Raises: VALIDATION_ERROR 422.
$$;
