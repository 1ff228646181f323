CREATE OR REPLACE FUNCTION core.masked_phone(p_phone text, p_sees_phones boolean)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
SELECT CASE WHEN p_sees_phones THEN p_phone
    ELSE left(p_phone, 3) || repeat('•', greatest(length(p_phone) - 5, 0)) || right(p_phone, 2) END
$$;

COMMENT ON FUNCTION core.masked_phone(text, boolean) IS $$
A phone number for who sees phones whole, or not (core.sees_phones): then all but its ends is
masked. Null for null.
$$;
