CREATE OR REPLACE FUNCTION core.bucket_bound(p_bucket integer)
RETURNS double precision
LANGUAGE sql IMMUTABLE
AS $$
SELECT (ARRAY[1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8])[p_bucket - 10 * decade.number]
    * 10.0 ^ decade.number
FROM (SELECT floor((p_bucket - 1) / 10.0)::integer AS number) AS decade
$$;

COMMENT ON FUNCTION core.bucket_bound(integer) IS $$
The shortest time in seconds that core.bucket puts into this bucket; the next bucket begins where
it ends.
$$;
