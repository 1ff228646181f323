CREATE OR REPLACE FUNCTION core.is_blank(p_text text)
RETURNS boolean
LANGUAGE sql IMMUTABLE
AS $$
SELECT btrim(p_text, core.blanks()) = ''
$$;

COMMENT ON FUNCTION core.is_blank(text) IS 'Whether a text shows nothing; null for null.';
