CREATE OR REPLACE FUNCTION core.spoken(p_interval interval)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
SELECT CASE
    WHEN p_interval < interval '2 minutes' THEN round(extract(epoch FROM p_interval), 1) || ' s'
    ELSE date_trunc('second', justify_hours(p_interval))::text END
$$;

COMMENT ON FUNCTION core.spoken(interval) IS $$
A stretch of time as people say it: 12.3 s, 00:05:12, 2 days 03:00:00.
$$;
