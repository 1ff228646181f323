CREATE OR REPLACE FUNCTION api.mirror_page(p_after uuid DEFAULT NULL, p_limit integer DEFAULT 1000)
RETURNS TABLE (
    mitra_id uuid, is_online boolean, is_active boolean, capacity integer, max_sessions integer,
    last_heartbeat_at timestamptz, idle_since timestamptz, version bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('limit', p_limit::text);
-- A join of the three tables here would be planned for a tenth of all mitras, whatever the limit,
-- and read them from the beginning.
SELECT state.*
FROM api.mirror_state(ARRAY(
    SELECT mitra.id FROM core.mitras AS mitra
    WHERE mitra.id > coalesce(p_after, '00000000-0000-0000-0000-000000000000')
    ORDER BY mitra.id LIMIT p_limit)) AS state
ORDER BY state.mitra_id
$$;

COMMENT ON FUNCTION api.mirror_page(uuid, integer) IS $$
api.mirror_state of every mitra, by id, p_limit at a time after p_after.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.mirror_page(uuid, integer) TO halo_listener, halo_cc;
