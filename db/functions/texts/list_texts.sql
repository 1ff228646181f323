CREATE OR REPLACE FUNCTION api.list_texts(p_limit integer DEFAULT NULL, p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.page_of(
    jsonb_agg(core.text_json(text) ORDER BY text.name, text.locale), p_limit, p_cursor)
FROM core.message_templates AS text
$$;

COMMENT ON FUNCTION api.list_texts(integer, text) IS $$
{items, next_cursor}: the texts of all pushes in both languages, with the placeholders that each may
hold; p_limit (1 to 200, null = all) a page.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.list_texts(integer, text) TO halo_cc;
