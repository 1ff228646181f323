CREATE OR REPLACE FUNCTION core.text_json(p_text core.message_templates)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
AS $$
SELECT jsonb_build_object(
    'name', p_text.name,
    'locale', p_text.locale,
    'title', p_text.title,
    'body', p_text.body,
    'action', p_text.action,
    'placeholders', core.text_placeholders(p_text.name),
    'version', p_text.version)
$$;

COMMENT ON FUNCTION core.text_json(core.message_templates) IS $$
A text of pushes, with the placeholders that it may hold.
$$;
