CREATE OR REPLACE FUNCTION api.copy_heartbeats(p_mitra_ids uuid[], p_heartbeats timestamptz[])
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_copied integer;
BEGIN
    PERFORM core.require('mitra_ids', p_mitra_ids::text, 'heartbeats', p_heartbeats::text);

    -- The newest beat of each mitra. A clock that is ahead counts as now.
    WITH beat AS (
        SELECT mitra_id, max(least(at, clock_timestamp())) AS at
        FROM unnest(p_mitra_ids, p_heartbeats) AS given (mitra_id, at)
        WHERE at IS NOT NULL
        GROUP BY mitra_id
    ),
    held AS (
        SELECT status.mitra_id FROM core.mitra_online_status AS status
        JOIN beat USING (mitra_id)
        WHERE status.is_online AND beat.at > coalesce(status.last_heartbeat_at, '-infinity')
        ORDER BY status.mitra_id
        FOR NO KEY UPDATE OF status SKIP LOCKED
    )
    UPDATE core.mitra_online_status AS status SET last_heartbeat_at = beat.at
    FROM held JOIN beat USING (mitra_id)
    WHERE status.mitra_id = held.mitra_id AND status.is_online;
    GET DIAGNOSTICS v_copied = ROW_COUNT;
    RETURN v_copied;
END
$$;

COMMENT ON FUNCTION api.copy_heartbeats(uuid[], timestamptz[]) IS $$
Copies newer heartbeats of online mitras, never backwards and never into the future; a row that is
busy waits for the next copy. Returns how many rows moved forward.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.copy_heartbeats(uuid[], timestamptz[]) TO halo_listener;
