CREATE OR REPLACE FUNCTION core.looks_like_phone(p_text text)
RETURNS boolean
LANGUAGE sql IMMUTABLE
AS $$
-- An id is shown by its first 8 characters, which may all be digits; a phone has more.
SELECT translate(p_text, E' \t\n\r().–/-', '') ~ '^\+?[0-9]{9,15}$'
    AND ltrim(p_text, E' \t\n\r') !~ '^[0-9]{8}-[0-9]'
$$;

COMMENT ON FUNCTION core.looks_like_phone(text) IS $$
Whether what somebody wrote to find somebody is a phone, however it is grouped: 9 to 15 digits, with
or without a +; the beginning of an id is none. Null for null.
$$;
