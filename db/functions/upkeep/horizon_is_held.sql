CREATE OR REPLACE FUNCTION core.horizon_is_held()
RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT coalesce(horizon.transactions >= 1000, false) FROM ops.horizon() AS horizon
$$;

COMMENT ON FUNCTION core.horizon_is_held() IS $$
Whether rows can't be vacuumed that the last 1,000 transactions or more changed: from there on, dead
rows make looks for due work slow.
$$;
