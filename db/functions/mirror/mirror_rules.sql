CREATE OR REPLACE FUNCTION api.mirror_rules()
RETURNS TABLE (heartbeat_stale_seconds integer, heartbeat_fallback_slack_seconds integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT
    core.config_int('heartbeat_stale_seconds'),
    core.config_int('heartbeat_fallback_slack_seconds')
$$;

COMMENT ON FUNCTION api.mirror_rules() IS $$
The rules that the mirror judges heartbeats by, in seconds. Raises nothing.
$$;
GRANT EXECUTE ON FUNCTION api.mirror_rules() TO halo_app, halo_listener, halo_cc;
