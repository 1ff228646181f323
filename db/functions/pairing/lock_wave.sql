CREATE OR REPLACE FUNCTION core.lock_wave(p_mitra_ids uuid[], p_size integer)
RETURNS uuid[]
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_left uuid[] := p_mitra_ids;
    v_next uuid[];
    v_busy uuid[];
    v_all_busy uuid[] := ARRAY[]::uuid[];
    v_found integer := 0;
BEGIN
    -- Each turn tries as many streams as are still missing, so that it locks no stream in vain.
    WHILE v_found < p_size AND v_left <> '{}' LOOP
        v_next := v_left[1:p_size - v_found];
        v_left := v_left[cardinality(v_next) + 1:];
        v_busy := ARRAY(
            SELECT split_part(busy.recipient, ':', 2)::uuid
            FROM unnest(core.busy_streams(ARRAY(
                SELECT 'mitra:' || mitra.id FROM unnest(v_next) AS mitra (id)
            ))) AS busy (recipient));
        v_found := v_found + cardinality(v_next) - cardinality(v_busy);
        v_all_busy := v_all_busy || v_busy;
    END LOOP;
    RETURN v_all_busy;
END
$$;

COMMENT ON FUNCTION core.lock_wave(uuid[], integer) IS $$
Locks the streams of the first p_size mitras whose stream is free, without waiting. Returns the
mitras before them whose stream is busy.
$$;
