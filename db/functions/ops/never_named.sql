CREATE OR REPLACE FUNCTION core.never_named(p_session_id uuid)
RETURNS TABLE (round integer, mitra_id uuid, reason text, at timestamptz)
LANGUAGE sql STABLE
AS $$
SELECT search.round, mitra.id, CASE
    WHEN held.sessions >= most.sessions
        THEN format('no free slot as the round began: %s of %s', held.sessions, most.sessions)
    WHEN mitra.id = ANY (session.excluded_mitra_ids) AND EXISTS (
        SELECT FROM core.pairing_offers AS former
        WHERE former.session_id = p_session_id AND former.round < search.round
            AND former.mitra_id = mitra.id) THEN core.left_out_reason('excluded')
    WHEN EXISTS (
        SELECT FROM core.blocks AS block
        WHERE block.customer_id = core.person_of(session.customer_id) AND block.mitra_id = mitra.id
            AND block.created_at < search.over_at) THEN core.left_out_reason('blocked')
    WHEN known.action = 'online' AND known.at > search.began_at
        THEN format('came online %s into the round, and was in no wave',
            core.spoken(known.at - search.began_at))
    ELSE 'online with a free slot, yet in no wave: others came first, its heartbeat was stale, '
        || 'or no listener was asking'
    END, search.began_at
FROM core.pairing_rounds(p_session_id) AS search
JOIN core.chat_sessions AS session ON session.id = p_session_id
CROSS JOIN core.some_mitras() AS looked_at (id)
CROSS JOIN LATERAL (            -- one by one, and not all mitras there are
    SELECT known.id, known AS account FROM core.mitras AS known
    WHERE known.id = looked_at.id OFFSET 0
) AS mitra
-- The last change before the round was over. A mitra that was online at that moment, or went
-- offline within the round, could have been asked.
CROSS JOIN LATERAL (
    SELECT entry.action, entry.at FROM core.mitra_status_log AS entry
    WHERE entry.mitra_id = mitra.id
        AND entry.action IN ('online', 'offline')
        AND entry.at <= search.over_at
    ORDER BY entry.at DESC, entry.id DESC LIMIT 1
) AS known
-- The slots taken when the round began, counted from sessions: core.mitra_loads knows only now.
CROSS JOIN LATERAL (
    SELECT count(*) AS sessions FROM core.chat_sessions AS other
    WHERE other.mitra_id = mitra.id AND other.id <> p_session_id
        AND other.started_at <= search.began_at
        AND coalesce(other.ended_at, 'infinity') > search.began_at
) AS held
CROSS JOIN LATERAL (
    SELECT core.max_sessions_at(mitra.account, search.began_at) AS sessions OFFSET 0
) AS most
WHERE search.over_at IS NOT NULL AND (known.action = 'online' OR known.at > search.began_at)
    AND NOT EXISTS (
        SELECT FROM core.pairing_offers AS offer
        WHERE offer.session_id = p_session_id
            AND offer.round = search.round
            AND offer.mitra_id = mitra.id)
    AND NOT EXISTS (
        SELECT FROM core.pairing_waves AS wave
        WHERE wave.session_id = p_session_id
            AND wave.round = search.round
            AND mitra.id = ANY (wave.left_out))
$$;

COMMENT ON FUNCTION core.never_named(uuid) IS $$
Mitras of core.some_mitras who were online during a search that is over, by core.mitra_status_log,
and whom no wave of the search named; and why, as far as can be told.
$$;
