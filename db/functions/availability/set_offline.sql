CREATE OR REPLACE FUNCTION core.set_offline(
    p_mitra_ids uuid[], p_cause text, p_actor_id uuid DEFAULT NULL)
RETURNS core.event[]
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_ids uuid[];
BEGIN
    WITH changed AS (
        UPDATE core.mitra_online_status
        SET is_online = false, missed_offers = 0, updated_at = clock_timestamp()
        WHERE mitra_id = ANY (p_mitra_ids) AND is_online
        RETURNING mitra_id
    )
    SELECT coalesce(array_agg(mitra_id ORDER BY mitra_id), '{}') INTO v_ids FROM changed;
    PERFORM core.log_mitra_status(v_ids, 'offline', p_cause, p_actor_id);
    PERFORM core.withdraw_mitras(v_ids, 'offline');
    RETURN ARRAY(
        SELECT core.to_mitra(id, 'status_changed',
            core.mitra_status_json(id) || jsonb_build_object('cause', p_cause))
        FROM unnest(v_ids) AS mitra (id)
    );
END
$$;

COMMENT ON FUNCTION core.set_offline(uuid[], text, uuid) IS $$
Sets locked mitras offline, if they are online. Writes the status log, makes their offers
due for withdrawal, and returns the events for the caller to emit.
Notifies: mitra_mirror, deadlines.
$$;
