CREATE OR REPLACE FUNCTION core.cursor_place(p_cursor text)
RETURNS bigint
LANGUAGE sql STABLE
AS $$
SELECT least(coalesce((core.cursor_key(p_cursor, 'number'))[1]::bigint, 0), 2147483647)
$$;

COMMENT ON FUNCTION core.cursor_place(text) IS $$
After how many items of a list that is made anew for each page a page begins; 0 without a cursor. A
list has fewer than 2^31 items, so beyond its end nothing overflows.
Raises: VALIDATION_ERROR 422.
$$;
