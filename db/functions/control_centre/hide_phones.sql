CREATE OR REPLACE FUNCTION core.hide_phones(p_text text)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
SELECT regexp_replace(p_text, '(\+[1-9][0-9])[0-9]{3,11}([0-9]{2})', '\1••••\2', 'g')
$$;

COMMENT ON FUNCTION core.hide_phones(text) IS $$
A text, or a document as text, with the middle of each phone number masked; null for null.
$$;
