CREATE OR REPLACE FUNCTION core.refuse_unknown_key(p_key text)
RETURNS void
LANGUAGE sql VOLATILE
AS $$
SELECT core.refuse(
    'NOT_FOUND', 'There is no configuration key ' || coalesce(p_key, 'null') || '.',
    'SELECT key FROM api.config() lists them.')
$$;

COMMENT ON FUNCTION core.refuse_unknown_key(text) IS $$
Refuses a key that is none. Raises: NOT_FOUND 404.
$$;
