CREATE OR REPLACE FUNCTION core.mitra_state(
    p_mitra core.mitras,
    p_status core.mitra_online_status,
    p_capacity integer,
    p_general integer,
    p_is_held boolean,
    p_fresh_after timestamptz)
RETURNS text
LANGUAGE sql STABLE
AS $$
SELECT CASE
    WHEN NOT p_mitra.is_active THEN 'inactive'
    WHEN NOT p_status.is_online THEN 'offline'
    WHEN coalesce(p_status.last_heartbeat_at <= p_fresh_after, true) THEN 'silent'
    WHEN p_is_held THEN 'held'
    WHEN p_capacity >= core.max_sessions(p_mitra, p_general) THEN 'full'
    ELSE 'available' END
$$;

COMMENT ON FUNCTION core.mitra_state(
    core.mitras, core.mitra_online_status, integer, integer, boolean, timestamptz) IS $$
The one word for a mitra: inactive, offline, silent (online without a fresh heartbeat), held (by
reports), full or available. p_general is mitra_max_sessions, p_fresh_after
core.fallback_fresh_after.
$$;
