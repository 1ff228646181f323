CREATE OR REPLACE FUNCTION core.replay_shifts(
    p_from timestamptz, p_to timestamptz, p_without_missed boolean)
RETURNS TABLE (mitra_id uuid, began_at timestamptz, ended_at timestamptz)
LANGUAGE sql STABLE
AS $$
WITH shift AS (
    SELECT mitra.id AS mitra_id, online.at AS began_at, coalesce((
        SELECT min(entry.at) FROM core.mitra_status_log AS entry
        WHERE entry.mitra_id = mitra.id AND entry.at > online.at AND entry.action = 'offline'
            AND NOT (p_without_missed AND entry.cause = 'missed_offers')), 'infinity') AS ended_at
    FROM core.mitras AS mitra
    CROSS JOIN LATERAL (
        (SELECT entry.at FROM core.mitra_status_log AS entry
         WHERE entry.mitra_id = mitra.id AND entry.at <= p_from AND entry.action = 'online'
         ORDER BY entry.at DESC LIMIT 1)
        UNION ALL
        SELECT entry.at FROM core.mitra_status_log AS entry
        WHERE entry.mitra_id = mitra.id AND entry.at > p_from AND entry.at < p_to
            AND entry.action = 'online'
    ) AS online
)
SELECT shift.mitra_id, shift.began_at, shift.ended_at FROM shift WHERE shift.ended_at > p_from
$$;

COMMENT ON FUNCTION core.replay_shifts(timestamptz, timestamptz, boolean) IS $$
When mitras were online in a time, by the ledger of their status; p_without_missed = as if none had
been set offline for missed offers.
$$;
