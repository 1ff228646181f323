CREATE OR REPLACE FUNCTION api.list_replays(
    p_actor_id uuid, p_limit integer DEFAULT NULL, p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('actor_id', p_actor_id::text);
SELECT core.page_of(
    jsonb_agg(core.replay_json(recent::core.replays) ORDER BY recent.requested_at DESC),
    p_limit, p_cursor)
FROM (
    SELECT * FROM core.replays WHERE actor_id = p_actor_id ORDER BY requested_at DESC LIMIT 20
) AS recent
$$;

COMMENT ON FUNCTION api.list_replays(uuid, integer, text) IS $$
{items, next_cursor}: the last twenty replays that an operator asked for, newest first,
p_limit (1 to 200, null = all) a page.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.list_replays(uuid, integer, text) TO halo_cc;
