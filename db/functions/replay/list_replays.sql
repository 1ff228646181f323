CREATE OR REPLACE FUNCTION api.list_replays(p_actor_id uuid)
RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('actor_id', p_actor_id::text);
SELECT jsonb_build_object('next_cursor', NULL, 'items', coalesce(
    jsonb_agg(core.replay_json(recent::core.replays) ORDER BY recent.requested_at DESC), '[]'))
FROM (
    SELECT * FROM core.replays WHERE actor_id = p_actor_id ORDER BY requested_at DESC LIMIT 20
) AS recent
$$;

COMMENT ON FUNCTION api.list_replays(uuid) IS $$
{items, next_cursor}: the last twenty replays that an operator asked for, newest first; one page.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.list_replays(uuid) TO halo_cc;
