CREATE OR REPLACE FUNCTION core.bucket(p_seconds double precision)
RETURNS integer
LANGUAGE sql IMMUTABLE
AS $$
SELECT 10 * floor(log10(bounded.seconds))::integer
    + width_bucket(
        bounded.seconds / 10 ^ floor(log10(bounded.seconds)),
        '{1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8}'::double precision[])
FROM (SELECT greatest(0.001, least(p_seconds, 86400)) AS seconds) AS bounded
$$;

COMMENT ON FUNCTION core.bucket(double precision) IS $$
The bucket of a histogram that a time in seconds falls into: ten a decade, from a millisecond to a
day. 10, 20, 30 and 60 s are bounds. core.bucket_bound has each bucket's lower bound.
$$;
