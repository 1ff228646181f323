CREATE OR REPLACE FUNCTION api.oldest_push()
RETURNS interval
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT coalesce(clock_timestamp() - (
    SELECT push.created_at FROM core.pushes AS push
    WHERE push.settled_at IS NULL
    ORDER BY push.created_at LIMIT 1), '0')
$$;

COMMENT ON FUNCTION api.oldest_push() IS $$
For how long the oldest push that is not settled has waited; zero when every push is settled.
Raises nothing.
$$;
GRANT EXECUTE ON FUNCTION api.oldest_push() TO halo_listener;
