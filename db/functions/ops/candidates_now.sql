CREATE OR REPLACE FUNCTION core.candidates_now(p_session core.chat_sessions)
RETURNS TABLE (mitra_id uuid, is_next boolean, reason text, place bigint)
LANGUAGE sql STABLE
AS $$
WITH rule AS MATERIALIZED (     -- read once, not per mitra
    SELECT
        clock_timestamp() AS now,
        core.tried_mitras(p_session) AS tried,
        core.config_int('blast_size') AS size,
        core.config_seconds('heartbeat_stale_seconds')
            + core.config_seconds('heartbeat_fallback_slack_seconds') AS fresh_for
),
-- The first reason against a mitra is the reason shown. What waiting changes comes last.
judged AS (
    SELECT mitra.*, CASE
        WHEN mitra.mitra_id = ANY (p_session.excluded_mitra_ids)
            THEN core.left_out_reason('excluded')
        WHEN mitra.mitra_id = ANY (rule.tried) THEN core.left_out_reason('offered_before')
        WHEN NOT mitra.is_active THEN 'deactivated'
        WHEN NOT mitra.is_online THEN 'offline'
        WHEN mitra.capacity >= mitra.max_sessions
            THEN format('no free slot: %s of %s', mitra.capacity, mitra.max_sessions)
        WHEN mitra.last_heartbeat_at IS NULL THEN 'no heartbeat yet'
        WHEN NOT mitra.available THEN format('heartbeat %s old, older than %s',
            core.spoken(rule.now - mitra.last_heartbeat_at), core.spoken(rule.fresh_for))
        END AS refusal
    FROM ops.mitra_availability() AS mitra
    CROSS JOIN rule
),
-- Mitras without a reason against them have a place, in the order in which a wave takes them.
ranked AS (
    SELECT judged.*, CASE WHEN judged.refusal IS NULL
        THEN row_number() OVER (
            PARTITION BY judged.refusal IS NULL
            ORDER BY judged.capacity, judged.idle_since, judged.mitra_id) END AS place
    FROM judged
)
SELECT ranked.mitra_id, coalesce(ranked.place <= rule.size, false), CASE
    WHEN ranked.place <= rule.size
        THEN format('would be offered next, as number %s', ranked.place)
    WHEN ranked.place IS NOT NULL
        THEN format('available, but number %s for a wave of %s', ranked.place, rule.size)
    ELSE ranked.refusal END, ranked.place
FROM ranked CROSS JOIN rule
$$;

COMMENT ON FUNCTION core.candidates_now(core.chat_sessions) IS $$
Every mitra as the next wave of a session would find it, by PostgreSQL alone: whether it would be
in it, why or why not, and its place among those available, least loaded, then longest idle.
$$;
