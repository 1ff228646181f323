CREATE OR REPLACE FUNCTION api.list_texts()
RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT jsonb_build_object(
    'items', jsonb_agg(core.text_json(text) ORDER BY text.name, text.locale), 'next_cursor', NULL)
FROM core.message_templates AS text
$$;

COMMENT ON FUNCTION api.list_texts() IS $$
{items, next_cursor}: the texts of all pushes in both languages, with the placeholders that each may
hold. Raises nothing.
$$;
GRANT EXECUTE ON FUNCTION api.list_texts() TO halo_cc;
