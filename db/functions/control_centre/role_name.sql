CREATE OR REPLACE FUNCTION core.role_name(p_name text)
RETURNS text
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    IF p_name !~ '^[a-z][a-z0-9_]{1,62}$' THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'A role''s name has 2 to 63 small letters, digits and _, a letter first.',
            'Choose one such as night_shift.', 'name');
    END IF;
    RETURN p_name;
END
$$;

COMMENT ON FUNCTION core.role_name(text) IS $$
The name of a role, judged; null for null. Raises: VALIDATION_ERROR 422, field name.
$$;
