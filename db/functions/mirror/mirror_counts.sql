CREATE OR REPLACE FUNCTION api.mirror_counts()
RETURNS TABLE (mitras bigint, online bigint, deactivated bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT
    count(*),
    count(*) FILTER (WHERE status.is_online),
    count(*) FILTER (WHERE NOT mitra.is_active)
FROM core.mitras AS mitra
JOIN core.mitra_online_status AS status ON status.mitra_id = mitra.id
$$;

COMMENT ON FUNCTION api.mirror_counts() IS $$
How many mitras there are, how many are online, how many are deactivated. Raises nothing.
$$;
GRANT EXECUTE ON FUNCTION api.mirror_counts() TO halo_listener;
