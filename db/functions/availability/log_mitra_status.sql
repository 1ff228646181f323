CREATE OR REPLACE FUNCTION core.log_mitra_status(
    p_mitra_ids uuid[], p_action text, p_cause text, p_actor_id uuid)
RETURNS void
LANGUAGE sql VOLATILE
AS $$
INSERT INTO core.mitra_status_log (mitra_id, action, cause, actor_id, at, duration)
SELECT mitra.id, p_action, p_cause, p_actor_id, clock.now, clock.now - former.at
FROM unnest(p_mitra_ids) AS mitra (id)
CROSS JOIN (SELECT clock_timestamp() AS now) AS clock
LEFT JOIN LATERAL (
    SELECT entry.at FROM core.mitra_status_log AS entry
    WHERE entry.mitra_id = mitra.id
        AND entry.action = ANY (CASE WHEN p_action IN ('online', 'offline')
            THEN '{online,offline}' ELSE '{activate,deactivate}' END::text[])
    ORDER BY entry.at DESC LIMIT 1
) AS former ON true
$$;

COMMENT ON FUNCTION core.log_mitra_status(uuid[], text, text, uuid) IS $$
Writes the status log: what changed, why, by whom, and how long the state before it lasted.
$$;
