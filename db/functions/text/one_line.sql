CREATE OR REPLACE FUNCTION core.one_line(p_field text, p_text text, p_longest integer)
RETURNS text
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v_line text := btrim(p_text, core.blanks());
BEGIN
    IF length(v_line) NOT BETWEEN 1 AND p_longest THEN
        PERFORM core.refuse(
            'VALIDATION_ERROR',
            format('%s has 1 to %s characters, not all of them blank.', p_field, p_longest),
            'Choose a shorter or a longer one.', p_field);
    ELSIF v_line ~ '[\u0001-\u001F\u007F-\u009F\u2028\u2029]' THEN
        PERFORM core.refuse(
            'VALIDATION_ERROR', p_field || ' is one line, without control characters.',
            'Leave out line breaks and tabs.', p_field);
    END IF;
    RETURN v_line;
END
$$;

COMMENT ON FUNCTION core.one_line(text, text, integer) IS $$
A name or a reason as it is kept: without blanks around it, on one line, 1 to p_longest characters;
null for null. p_field is the name of the field.
Raises: VALIDATION_ERROR 422.
$$;
