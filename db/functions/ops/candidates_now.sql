CREATE OR REPLACE FUNCTION core.candidates_now(p_session core.chat_sessions)
RETURNS TABLE (mitra_id uuid, is_next boolean, reason text, place bigint)
LANGUAGE sql STABLE
AS $$
WITH rule AS MATERIALIZED (     -- read once, not per mitra
    SELECT
        clock_timestamp() AS now,
        core.barred_mitras(p_session) AS barred,
        core.blocked_mitras(p_session.customer_id) AS blocked,
        core.config_int('blast_size') AS size,
        core.config_int('mitra_max_sessions') AS maximum,
        core.fallback_fresh_for() AS fresh_for
),
-- Who is looked at: those that come first, those that may not, and some of the others.
looked_at AS (
    SELECT best.id FROM core.best_available(200) AS best (id)
    UNION
    SELECT unnest(rule.barred) FROM rule
    UNION
    SELECT core.some_mitras()
),
-- The first reason against a mitra is the reason shown. What waiting changes comes last.
judged AS (
    SELECT looked_at.id AS mitra_id, mitra.capacity, mitra.idle_since, CASE
        WHEN looked_at.id = ANY (p_session.excluded_mitra_ids)
            THEN core.left_out_reason('excluded')
        WHEN looked_at.id = ANY (rule.blocked) THEN core.left_out_reason('blocked')
        WHEN looked_at.id = ANY (rule.barred) THEN core.left_out_reason('offered_before')
        WHEN NOT mitra.is_active THEN 'deactivated'
        WHEN NOT mitra.is_online THEN 'offline'
        WHEN core.is_held(mitra.reporters) THEN core.left_out_reason('held')
        WHEN mitra.capacity >= mitra.max_sessions
            THEN format('no free slot: %s of %s', mitra.capacity, mitra.max_sessions)
        WHEN mitra.last_heartbeat_at IS NULL THEN 'no heartbeat yet'
        WHEN mitra.last_heartbeat_at <= rule.now - rule.fresh_for
            THEN format('heartbeat %s old, older than %s',
                core.spoken(rule.now - mitra.last_heartbeat_at), core.spoken(rule.fresh_for))
        END AS refusal
    FROM looked_at
    CROSS JOIN rule
    CROSS JOIN LATERAL (        -- one by one, and not all mitras there are
        SELECT known.is_active, status.is_online, status.last_heartbeat_at, load.capacity,
            load.reporters,
            core.max_sessions(known, rule.maximum) AS max_sessions,
            greatest(load.idle_since, status.last_online_at) AS idle_since
        FROM core.mitras AS known
        JOIN core.mitra_online_status AS status ON status.mitra_id = known.id
        JOIN core.mitra_loads AS load ON load.mitra_id = known.id
        WHERE known.id = looked_at.id
        OFFSET 0
    ) AS mitra
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
Mitras as the next wave of a session would find them, by PostgreSQL alone: whether each would be in
it, why or why not, and its place among those available, least loaded, then longest idle. They are
the two hundred best, those that may not get the session, and core.some_mitras.
$$;
