CREATE OR REPLACE FUNCTION api.find_text(p_name text, p_locale text)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_text core.message_templates;
BEGIN
    PERFORM core.require('name', p_name, 'locale', p_locale);
    SELECT * INTO v_text FROM core.message_templates WHERE name = p_name AND locale = p_locale;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown_text(p_name, p_locale);
    END IF;
    RETURN core.text_json(v_text);
END
$$;

COMMENT ON FUNCTION api.find_text(text, text) IS $$
The text of a push (p_name is the event's type) in one language, id or en.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
GRANT EXECUTE ON FUNCTION api.find_text(text, text) TO halo_cc;
