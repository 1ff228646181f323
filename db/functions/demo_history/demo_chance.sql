CREATE OR REPLACE FUNCTION core.demo_chance(p_key text)
RETURNS double precision
LANGUAGE sql IMMUTABLE
AS $$
SELECT (hashtextextended(p_key, 0) & 4294967295)::double precision / 4294967296
$$;

COMMENT ON FUNCTION core.demo_chance(text) IS
'A number from 0 to 1, as good as thrown, and the same whenever it is asked for this key.';
