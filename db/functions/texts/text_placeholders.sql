CREATE OR REPLACE FUNCTION core.text_placeholders(p_name text)
RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT
AS $$
SELECT CASE p_name
    WHEN 'message' THEN '{customer,mitra,peer}'
    WHEN 'pairing_failed' THEN '{customer,minutes}'
    ELSE '{customer,mitra,peer,minutes}' END::text[]
$$;

COMMENT ON FUNCTION core.text_placeholders(text) IS $$
What a push has a value for (core.push_values): a message is not about minutes, and a search that
failed found no mitra.
$$;
