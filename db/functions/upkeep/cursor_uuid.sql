CREATE OR REPLACE FUNCTION core.cursor_uuid(p_cursor text)
RETURNS uuid
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    IF p_cursor !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
        PERFORM core.refuse('VALIDATION_ERROR', 'The cursor is not one of ours.', 'Use next_cursor of the page before, unchanged.', 'cursor');
    END IF;
    RETURN p_cursor::uuid;
END
$$;

COMMENT ON FUNCTION core.cursor_uuid(text) IS 'The id a cursor stands for; null for none. Raises: VALIDATION_ERROR 422.';
