CREATE OR REPLACE FUNCTION core.lock_mitras(p_mitra_ids uuid[])
RETURNS void
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    PERFORM FROM core.mitras WHERE id = ANY (p_mitra_ids) ORDER BY id FOR NO KEY UPDATE;
END
$$;

COMMENT ON FUNCTION core.lock_mitras(uuid[]) IS $$
Locks mitras by id: after sessions, offers, extensions and payments, before mitra_online_status and
auth_sessions. A transaction that holds this lock locks no session any more.
$$;
