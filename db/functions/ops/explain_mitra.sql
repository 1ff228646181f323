CREATE OR REPLACE FUNCTION ops.explain_mitra(p_mitra_id uuid)
RETURNS TABLE (topic text, what text, value text, holds boolean, at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
WITH mitra AS (
    SELECT
        mitra.id, mitra.is_active,
        status.is_online, status.last_online_at, status.last_heartbeat_at, status.missed_offers,
        load.capacity, core.max_sessions(mitra) AS max_sessions,
        load.reporters, core.is_held(load.reporters) AS is_held,
        clock_timestamp() AS now,
        coalesce(status.last_heartbeat_at > core.fallback_fresh_after(), false) AS is_fresh,
        core.mitra_state(
            mitra, status, load.capacity, NULL, core.is_held(load.reporters),
            core.fallback_fresh_after()) AS state
    FROM core.mitras AS mitra
    JOIN core.mitra_online_status AS status ON status.mitra_id = mitra.id
    JOIN core.mitra_loads AS load ON load.mitra_id = mitra.id
    WHERE mitra.id = p_mitra_id
)
-- The conditions, each by itself.
SELECT 'condition', 'active',
    CASE WHEN mitra.is_active THEN 'yes' ELSE 'deactivated' END,
    mitra.is_active, NULL::timestamptz
FROM mitra
UNION ALL
SELECT 'condition', 'online',
    CASE WHEN mitra.is_online
        THEN 'for ' || core.spoken(mitra.now - mitra.last_online_at) ELSE 'offline' END,
    mitra.is_online, mitra.last_online_at
FROM mitra
UNION ALL
SELECT 'condition', 'fresh heartbeat',
    format('%s; fresh in PostgreSQL below %s, in Valkey below %s',
        coalesce(core.spoken(mitra.now - mitra.last_heartbeat_at) || ' old', 'none yet'),
        core.spoken(core.fallback_fresh_for()),
        core.spoken(core.config_seconds('heartbeat_stale_seconds'))),
    mitra.is_fresh, mitra.last_heartbeat_at
FROM mitra
UNION ALL
SELECT 'condition', 'free slot',
    format('%s of %s taken', mitra.capacity, mitra.max_sessions),
    mitra.capacity < mitra.max_sessions, NULL
FROM mitra
UNION ALL
SELECT 'condition', 'not held',
    format('customers with an open report: %s; held from %s on',
        mitra.reporters, core.config_int('reports_before_hold')),
    NOT mitra.is_held, NULL
FROM mitra WHERE mitra.reporters > 0
UNION ALL
-- What follows from the conditions together.
SELECT 'so', 'reachable', 'online, active, fresh heartbeat',
    mitra.is_active AND mitra.is_online AND mitra.is_fresh, mitra.now
FROM mitra
UNION ALL
SELECT 'so', 'available', 'reachable, not held, with a free slot', mitra.state = 'available',
    mitra.now
FROM mitra
UNION ALL
-- What may set the mitra offline soon, what takes the slots, and what was asked.
SELECT 'missed offers', 'in a row',
    format('%s, offline at %s',
        mitra.missed_offers, core.config_int('missed_offers_before_offline')),
    mitra.missed_offers < core.config_int('missed_offers_before_offline'), NULL
FROM mitra
UNION ALL
(SELECT 'slot', session.id::text,
    format('%s, %s s left',
        session.status, round(coalesce(core.seconds_left(session, mitra.now), 0))),
    NULL, session.started_at
FROM mitra
JOIN core.chat_sessions AS session
    ON session.mitra_id = mitra.id AND core.holds_slot(session.status)
ORDER BY session.started_at)
UNION ALL
(SELECT 'offer', offer.session_id::text, core.offer_outcome(offer), NULL, offer.offered_at
FROM core.pairing_offers AS offer
WHERE offer.mitra_id = p_mitra_id AND offer.status = 'offered'
ORDER BY offer.offered_at)
UNION ALL
-- Whom the mitra never meets.
SELECT 'blocked', 'customers',
    CASE WHEN count(*) < 100 THEN count(*)::text ELSE '100 or more' END, NULL,
    max(newest.created_at)
FROM (
    SELECT block.created_at FROM core.blocks AS block WHERE block.mitra_id = p_mitra_id
    ORDER BY block.created_at DESC LIMIT 100
) AS newest
HAVING count(*) > 0
UNION ALL
-- How it came to this.
(SELECT 'change', entry.action,
    concat_ws(', ',
        entry.cause, 'by ' || entry.actor_id, 'after ' || core.spoken(entry.duration)),
    NULL, entry.at
FROM core.mitra_status_log AS entry
WHERE entry.mitra_id = p_mitra_id
ORDER BY entry.at DESC, entry.id DESC LIMIT 10)
$$;

COMMENT ON FUNCTION ops.explain_mitra(uuid) IS $$
Why a mitra is or is not available now: each condition with its value and whether it holds (not held
only while a report counts), what follows from them, offers missed in a row, the sessions that hold
its slots, its live offers, how many customers a block keeps apart from it, and its last ten changes
of status with their causes. By PostgreSQL, whose copy of the heartbeat is up
to a minute old. No row for an id that does not exist. Raises nothing.
$$;
