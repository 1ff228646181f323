CREATE OR REPLACE FUNCTION api.live_look(
    p_watchers text[], p_online_mitras integer DEFAULT NULL)
RETURNS TABLE (dashboard jsonb, version text, refused text[])
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('watchers', cardinality(p_watchers)::text);
SELECT look.dashboard, md5((look.dashboard - 'server_time')::text), ARRAY(
    SELECT asked.watcher FROM unnest(p_watchers) AS asked (watcher)
    WHERE NOT core.may_watch(asked.watcher))
FROM (SELECT api.dashboard(p_online_mitras) AS dashboard) AS look
$$;

COMMENT ON FUNCTION api.live_look(text[], integer) IS $$
The one look a second of a process whose streams are open: the dashboard, a version that changes
whenever a figure does, and those of p_watchers (core.may_watch) that may look no longer.
p_online_mitras is Valkey's count; null = PostgreSQL's.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.live_look(text[], integer) TO halo_cc;
