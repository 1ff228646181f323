CREATE OR REPLACE FUNCTION core.check_place(
    p_cursor text, OUT part text, OUT key text, OUT told bigint)
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v_key text[] := core.cursor_key(
        p_cursor, array_to_string(core.checked_parts(), '|'), 'text', 'number');
BEGIN
    part := coalesce(v_key[1], (core.checked_parts())[1]);
    key := nullif(v_key[2], '-');
    told := coalesce(v_key[3]::bigint, 0);
    IF key IS NOT NULL THEN
        PERFORM core.cursor_key(p_cursor, part, CASE part
            WHEN 'people' THEN 'uuid' WHEN 'streams' THEN 'text' WHEN 'times' THEN 'time'
            ELSE '-' END, 'number');
    END IF;
END
$$;

COMMENT ON FUNCTION core.check_place(text) IS $$
Where api.check_invariants goes on: the part, where the slice begins in it (null = at the first),
and how many violations of this slice were told already. Without a cursor it is the beginning.
Raises: VALIDATION_ERROR 422, field cursor.
$$;
