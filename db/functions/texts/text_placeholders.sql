CREATE OR REPLACE FUNCTION core.text_placeholders(p_name text)
RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT
AS $$
SELECT CASE p_name
    WHEN 'first_reply_reminder' THEN '{customer,mitra,peer}'
    WHEN 'first_reply_overdue' THEN '{customer,mitra,peer}'
    WHEN 'message' THEN '{customer,mitra,peer}'
    WHEN 'pairing_failed' THEN '{customer,minutes}'
    ELSE '{customer,mitra,peer,minutes}' END::text[]
$$;

COMMENT ON FUNCTION core.text_placeholders(text) IS $$
What a push has a value for (core.push_values): a message and a first reply are not about minutes,
and a search that failed found no mitra.
$$;
