CREATE OR REPLACE FUNCTION core.cursor_uuid(p_cursor text)
RETURNS uuid
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    RETURN p_cursor::uuid;
EXCEPTION WHEN invalid_text_representation THEN
    PERFORM core.refuse('VALIDATION_ERROR', 'The cursor is not one of ours.', 'Use next_cursor of the page before, unchanged.', 'cursor');
END
$$;

COMMENT ON FUNCTION core.cursor_uuid(text) IS 'The id a cursor stands for; null for none. Raises: VALIDATION_ERROR 422.';
