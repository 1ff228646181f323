CREATE OR REPLACE FUNCTION core.cursor_number(p_cursor text)
RETURNS bigint
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    IF p_cursor !~ '^[0-9]{1,18}$' THEN
        PERFORM core.refuse('VALIDATION_ERROR', 'The cursor is not one of ours.', 'Use next_cursor of the page before, unchanged.', 'cursor');
    END IF;
    RETURN p_cursor::bigint;
END
$$;

COMMENT ON FUNCTION core.cursor_number(text) IS 'The number a cursor stands for; null for none. Raises: VALIDATION_ERROR 422.';
