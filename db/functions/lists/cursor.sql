CREATE OR REPLACE FUNCTION core.cursor(VARIADIC p_key text[])
RETURNS text
LANGUAGE sql STABLE
AS $$
SELECT translate(encode(convert_to(array_to_string(p_key, ' '), 'UTF8'), 'base64'), E'+/=\n', '-_')
$$;

COMMENT ON FUNCTION core.cursor(text[]) IS $$
The cursor after a row with this sort key. No part of the key holds a space. core.cursor_key reads
the cursor.
$$;
