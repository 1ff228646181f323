CREATE OR REPLACE FUNCTION core.last_sign_of(p_mitra_id uuid, p_since timestamptz)
RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
SELECT coalesce(greatest(
    (SELECT status.last_online_at FROM core.mitra_online_status AS status
        WHERE status.mitra_id = p_mitra_id),
    (SELECT sighting.last_seen_at FROM core.mitra_sightings AS sighting
        WHERE sighting.mitra_id = p_mitra_id),
    -- The last answer to an offer. No offer lasts longer than ten minutes.
    (SELECT max(offer.settled_at) FROM core.pairing_offers AS offer
     WHERE offer.mitra_id = p_mitra_id AND offer.status IN ('accepted', 'declined')
         AND offer.offered_at > p_since - interval '10 minutes'),
    -- The last message, in the mitra's sessions and in those that a reroute took from it since.
    (SELECT max(said.created_at)
     FROM (
         SELECT session.id, core.session_day(session) AS day FROM core.chat_sessions AS session
         WHERE session.mitra_id = p_mitra_id AND session.created_at > p_since - interval '2 days'
             AND coalesce(session.ended_at, 'infinity') >= p_since
         UNION ALL
         SELECT session.id, core.session_day(session) FROM core.session_reroutes AS reroute
         JOIN core.chat_sessions AS session ON session.id = reroute.session_id
         WHERE reroute.mitra_id = p_mitra_id AND reroute.at >= p_since
     ) AS conversation
     CROSS JOIN LATERAL (
         SELECT message.created_at FROM core.chat_messages AS message
         WHERE message.session_day = conversation.day AND message.session_id = conversation.id
             AND message.sender_type = 'mitra' AND message.sender_id = p_mitra_id
         ORDER BY message.seq DESC LIMIT 1
     ) AS said)
), '-infinity')
$$;

COMMENT ON FUNCTION core.last_sign_of(uuid, timestamptz) IS $$
When a mitra last gave a sign of life, as far as that is later than p_since: answered an offer,
wrote a message, went online, or asked through a socket for what it missed. Heartbeats don't count.
Earlier signs may be left out; -infinity without a sign.
$$;
