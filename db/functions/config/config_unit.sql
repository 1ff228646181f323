CREATE OR REPLACE FUNCTION core.config_unit(p_key text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT
AS $$
SELECT CASE
    WHEN p_key IN ('blast_size', 'missed_offers_before_offline') THEN 'offers'
    WHEN p_key = 'mitra_max_sessions' THEN 'sessions'
    WHEN p_key = 'reports_before_hold' THEN 'customers'
    ELSE substring(p_key FROM '_(seconds|days|percent)$') END
$$;

COMMENT ON FUNCTION core.config_unit(text) IS $$
What the numbers of a key count; null for a key without numbers. A key that ends with its unit says
it by its name.
$$;
