CREATE OR REPLACE FUNCTION core.lock_free_mitras(p_mitra_ids uuid[])
RETURNS uuid[]
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_ids uuid[];
    v_busy text[];
BEGIN
    v_ids := ARRAY(SELECT id FROM core.mitras WHERE id = ANY (p_mitra_ids) ORDER BY id
        FOR NO KEY UPDATE SKIP LOCKED);
    v_ids := ARRAY(
        SELECT mitra_id FROM core.mitra_online_status WHERE mitra_id = ANY (v_ids)
        ORDER BY mitra_id FOR NO KEY UPDATE SKIP LOCKED);
    v_busy := core.busy_streams(ARRAY(SELECT 'mitra:' || mitra.id
        FROM unnest(v_ids) AS mitra (id)));
    RETURN ARRAY(SELECT mitra.id FROM unnest(v_ids) AS mitra (id)
        WHERE 'mitra:' || mitra.id <> ALL (v_busy) ORDER BY mitra.id);
END
$$;

COMMENT ON FUNCTION core.lock_free_mitras(uuid[]) IS $$
Locks mitras, their status and their streams for due work, without ever waiting. Returns the mitras
of which it locked everything, sorted.
$$;
