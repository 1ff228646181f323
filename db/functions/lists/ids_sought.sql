CREATE OR REPLACE FUNCTION core.ids_sought(
    p_q text, p_wrong text, p_todo text DEFAULT 'Give its first 8 characters or more.')
RETURNS uuid[]
LANGUAGE plpgsql IMMUTABLE
AS $$
DECLARE
    v_ids uuid[] := core.ids_beginning(p_q);
BEGIN
    PERFORM core.require_no_phone('q', p_q);
    IF p_q IS NOT NULL AND v_ids IS NULL THEN
        PERFORM core.refuse('VALIDATION_ERROR', p_wrong, p_todo, 'q');
    END IF;
    RETURN v_ids;
END
$$;

COMMENT ON FUNCTION core.ids_sought(text, text, text) IS $$
The first and the last id (core.ids_beginning) of the things of a list whose ids begin with p_q;
null for null, which finds everything. p_wrong and p_todo are the sentences for a p_q that begins no
id.
Raises: VALIDATION_ERROR 422, field q, also for a phone (core.require_no_phone).
$$;
