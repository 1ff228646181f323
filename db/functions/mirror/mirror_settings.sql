CREATE OR REPLACE FUNCTION api.mirror_settings()
RETURNS TABLE (heartbeat_stale_seconds integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.config_int('heartbeat_stale_seconds')
$$;

COMMENT ON FUNCTION api.mirror_settings() IS $$
The settings that the mirror's own judgements need. Raises nothing.
$$;
GRANT EXECUTE ON FUNCTION api.mirror_settings() TO halo_listener, halo_cc;
