CREATE OR REPLACE FUNCTION core.require_text(p_name text, p_title text, p_body text)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_field record;
    v_unknown text;
BEGIN
    PERFORM core.one_line('title', p_title, 100);
    IF length(p_body) > 300 OR core.is_blank(p_body) THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'A body has 1 to 300 characters, not all of them blank.',
            'Phones show about 100 of them.', 'body');
    END IF;

    -- A brace that is left, when this push's placeholders are taken out, is an unknown one.
    FOR v_field IN SELECT * FROM (VALUES ('title', p_title), ('body', p_body)) AS given (name, text)
    LOOP
        v_unknown := substring(
            regexp_replace(
                v_field.text,
                '\{(' || array_to_string(core.text_placeholders(p_name), '|') || ')\}', '', 'g')
            FROM '[{}].*');
        IF v_unknown IS NOT NULL THEN
            PERFORM core.refuse('VALIDATION_ERROR',
                format('%s has no such placeholder: %s', p_name, left(v_unknown, 20)),
                'Use {' || array_to_string(core.text_placeholders(p_name), '}, {') || '}.',
                v_field.name);
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION core.require_text(text, text, text) IS $$
Refuses a title and a body that the push p_name can't have: blank, too long, with a placeholder for
which it has no value.
Raises: VALIDATION_ERROR 422, field title or body.
$$;
