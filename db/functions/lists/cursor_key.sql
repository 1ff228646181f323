CREATE OR REPLACE FUNCTION core.cursor_key(p_cursor text, VARIADIC p_kinds text[])
RETURNS text[]
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v_key text[];
    v_is_ours boolean;
BEGIN
    IF p_cursor IS NULL THEN
        RETURN NULL;
    END IF;

    -- Read it: base64url without its padding. Each part must be spelled as core.cursor spells it; a
    -- part that its type does not take at all is an exception.
    BEGIN
        v_key := string_to_array(
            convert_from(
                decode(
                    rpad(translate(p_cursor, '-_', '+/'), (length(p_cursor) + 3) / 4 * 4, '='),
                    'base64'),
                'UTF8'),
            ' ');
        SELECT cardinality(v_key) = cardinality(p_kinds) AND bool_and(CASE kind
            WHEN 'time' THEN core.instant(part::timestamptz) = part
            WHEN 'uuid' THEN part::uuid::text = part
            WHEN 'number' THEN part::bigint::text = part AND part::bigint >= 0
            WHEN 'text' THEN part <> ''
            ELSE part = ANY (string_to_array(kind, '|')) END)
        INTO v_is_ours
        FROM unnest(v_key, p_kinds) AS part_of_key (part, kind);
    EXCEPTION WHEN data_exception THEN
        v_is_ours := false;
    END;
    IF v_is_ours IS NOT TRUE THEN
        PERFORM core.refuse('VALIDATION_ERROR', 'The cursor is not one of this list.',
            'Use next_cursor of the page before, unchanged.', 'cursor');
    END IF;
    RETURN v_key;
END
$$;

COMMENT ON FUNCTION core.cursor_key(text, text[]) IS $$
The sort key that a cursor of core.cursor holds; null for no cursor. A page goes on from the key
even where the row that had it has left the list. Each part is of one of p_kinds: time, uuid,
number, text, or a word out of word|word.
Raises: VALIDATION_ERROR 422, field cursor.
$$;
