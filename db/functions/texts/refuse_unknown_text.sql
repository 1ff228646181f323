CREATE OR REPLACE FUNCTION core.refuse_unknown_text(p_name text, p_locale text)
RETURNS void
LANGUAGE sql VOLATILE
AS $$
SELECT core.refuse(
    'NOT_FOUND', format('There is no text %s in %s.', p_name, p_locale),
    'SELECT name, locale FROM ops.message_templates lists them.')
$$;

COMMENT ON FUNCTION core.refuse_unknown_text(text, text) IS $$
Refuses a text that does not exist. Raises: NOT_FOUND 404.
$$;
