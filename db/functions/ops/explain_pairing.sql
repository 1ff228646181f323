CREATE OR REPLACE FUNCTION ops.explain_pairing(p_session_id uuid)
RETURNS TABLE (
    round integer,
    wave integer,
    mitra_id uuid,
    display_name text,
    verdict text,
    reason text,
    at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
WITH session AS (
    SELECT * FROM core.chat_sessions AS session WHERE session.id = p_session_id
), told AS (
    -- Each round itself, before its mitras: place 0, and no wave.
    SELECT
        search.round, NULL::integer AS wave, NULL::uuid AS mitra_id,
        CASE WHEN search.outcome = 'accepted' THEN 'in'
            WHEN search.over_at IS NOT NULL THEN 'out' END AS verdict,
        CASE WHEN search.over_at IS NULL
            THEN format('still searching, for another %s',
                core.spoken(greatest('0', session.pairing_deadline - clock_timestamp())))
            ELSE format('%s after %s',
                search.outcome, core.spoken(search.over_at - search.began_at)) END
            || format('; waves: %s, offers: %s',
                count(DISTINCT offer.wave), count(offer.id)) AS reason,
        search.began_at AS at, 0::bigint AS place
    FROM session
    CROSS JOIN core.pairing_rounds(p_session_id) AS search
    LEFT JOIN core.pairing_offers AS offer
        ON offer.session_id = p_session_id AND offer.round = search.round
    GROUP BY search.round, search.outcome, search.began_at, search.over_at,
        session.pairing_deadline
    UNION ALL
    -- Mitras that no wave of the round named: place 1, no wave either.
    SELECT named.round, NULL, named.mitra_id, 'out', named.reason, named.at, 1
    FROM core.never_named(p_session_id) AS named
    UNION ALL
    -- Each wave: its offers first, then the mitras it left out, in the order it judged them in.
    SELECT offer.round, offer.wave, offer.mitra_id, 'in', core.offer_outcome(offer),
        offer.offered_at, 2
    FROM core.pairing_offers AS offer WHERE offer.session_id = p_session_id
    UNION ALL
    SELECT wave.round, wave.wave, loser.mitra_id, 'out', core.left_out_reason(loser.reason),
        wave.at, 2 + loser.place
    FROM core.pairing_waves AS wave
    CROSS JOIN LATERAL unnest(wave.left_out, wave.reasons) WITH ORDINALITY
        AS loser (mitra_id, reason, place)
    WHERE wave.session_id = p_session_id
    UNION ALL
    -- The next wave, while the session searches, as it would be now: its number is the last wave's
    -- plus one. Mitras without a place among the available ones come last.
    SELECT session.round, 1 + coalesce((
            SELECT max(former.wave) FROM core.pairing_offers AS former
            WHERE former.session_id = p_session_id AND former.round = session.round), 0),
        candidate.mitra_id, CASE WHEN candidate.is_next THEN 'in' ELSE 'out' END,
        candidate.reason, clock_timestamp(), 1000 + coalesce(candidate.place, 1000000000)
    FROM session
    CROSS JOIN LATERAL core.candidates_now(session::core.chat_sessions) AS candidate
    WHERE session.status IN ('searching', 'pending_acceptance')
)
SELECT told.round, told.wave, told.mitra_id, mitra.display_name, told.verdict, told.reason, told.at
FROM told
LEFT JOIN LATERAL (
    SELECT known.display_name FROM core.mitras AS known WHERE known.id = told.mitra_id OFFSET 0
) AS mitra ON true
ORDER BY told.round, told.wave NULLS FIRST, told.place, told.reason, mitra.display_name,
    told.mitra_id
$$;

COMMENT ON FUNCTION ops.explain_pairing(uuid) IS $$
Why each mitra considered for a session is in or out, wave by wave, round by round. Each round
begins with a row about itself (no mitra); then come mitras who were online and in no wave;
then each wave: its offers with their answers, and the candidates it left out when it judged them
under lock. While the session searches, mitras follow as the next wave would find them, by
PostgreSQL alone. Where no wave named a mitra, it is shown if it is among the two hundred best or
one of core.some_mitras: all mitras up to two hundred, and enough of more. The column at says when
the verdict fell. No row for an id that does not exist.
Raises nothing.
$$;
