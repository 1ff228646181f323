-- transactional: false
-- depends: 0029.waiting_mitras
-- squawk-ignore-file ban-concurrent-index-creation-in-transaction
SET ROLE halo_owner;

-- A thousand mitras at a time, so that nobody waits long behind a row. A mitra that the last release changes after its
-- turn is counted again when the new functions are there (core.after_migrate).
DO $$
DECLARE
    v_after uuid := '00000000-0000-0000-0000-000000000000';
    v_ids uuid[];
BEGIN
    LOOP
        v_ids := ARRAY(SELECT mitra_id FROM core.mitra_loads WHERE mitra_id > v_after ORDER BY mitra_id LIMIT 1000);
        EXIT WHEN v_ids = '{}';
        UPDATE core.mitra_loads AS load
        SET has_own_maximum = mitra.max_sessions IS NOT NULL,
            waits_since = CASE WHEN mitra.is_active AND status.is_online AND coalesce(load.capacity < mitra.max_sessions, true)
                THEN greatest(load.idle_since, status.last_online_at) END
        FROM core.mitras AS mitra JOIN core.mitra_online_status AS status ON status.mitra_id = mitra.id
        WHERE load.mitra_id = ANY (v_ids) AND mitra.id = load.mitra_id;
        COMMIT;
        v_after := v_ids[cardinality(v_ids)];
    END LOOP;
END
$$;

-- Outside a transaction, so it may stop half way: what is there is made again. Nobody waits behind this lock, so it may take long.
SET lock_timeout = '10min';
DROP INDEX CONCURRENTLY IF EXISTS core.mitra_loads_waiting;
CREATE INDEX CONCURRENTLY mitra_loads_waiting ON core.mitra_loads (has_own_maximum, capacity, waits_since) WHERE waits_since IS NOT NULL;
RESET lock_timeout;
RESET ROLE;
