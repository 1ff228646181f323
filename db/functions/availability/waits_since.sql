CREATE OR REPLACE FUNCTION core.waits_since(
    p_mitra core.mitras,
    p_status core.mitra_online_status,
    p_capacity integer,
    p_idle_since timestamptz)
RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
SELECT CASE
    WHEN p_mitra.is_active
        AND p_status.is_online
        -- full by its own maximum, whatever the general maximum is
        AND p_capacity < core.max_sessions(p_mitra, p_capacity + 1)
    THEN greatest(p_idle_since, p_status.last_online_at) END
$$;

COMMENT ON FUNCTION core.waits_since(
    core.mitras, core.mitra_online_status, integer, timestamptz) IS $$
Since when a mitra waits for an offer: active, online and not full by a maximum of its own. Null
when it does not wait. The general maximum and the heartbeat, which change without this mitra, are
judged by core.available_mitras.
$$;
