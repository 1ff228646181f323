CREATE OR REPLACE FUNCTION core.offer_outcome(p_offer core.pairing_offers)
RETURNS text
LANGUAGE sql STABLE
AS $$
SELECT CASE p_offer.status
    WHEN 'offered' THEN CASE WHEN p_offer.expires_at > clock_timestamp()
        THEN 'offered; may answer for ' || core.spoken(p_offer.expires_at - clock_timestamp())
        ELSE 'offered; did not answer in time' END
    WHEN 'accepted'
        THEN 'offered; accepted after ' || core.spoken(p_offer.settled_at - p_offer.offered_at)
    WHEN 'declined'
        THEN 'offered; declined after ' || core.spoken(p_offer.settled_at - p_offer.offered_at)
    WHEN 'expired'
        THEN 'offered; did not answer in ' || core.spoken(p_offer.expires_at - p_offer.offered_at)
    WHEN 'rescinded' THEN 'offered; another mitra accepted first'
    -- The offer itself does not say why it was withdrawn: its session's end or its mitra's does.
    ELSE 'offered; withdrawn, because ' || coalesce(
        (SELECT 'the search ended: ' || session.end_reason FROM core.chat_sessions AS session
         WHERE session.id = p_offer.session_id AND session.ended_at <= p_offer.settled_at),
        (SELECT 'the mitra went ' || CASE entry.action
             WHEN 'deactivate' THEN 'out of service' ELSE 'offline: ' || entry.cause END
         FROM core.mitra_status_log AS entry
         WHERE entry.mitra_id = p_offer.mitra_id AND entry.action IN ('offline', 'deactivate')
             AND entry.at BETWEEN p_offer.offered_at AND p_offer.settled_at
         ORDER BY entry.at DESC, entry.id DESC LIMIT 1),
        -- A merge withdraws for a block that is older than the offer.
        (SELECT 'a block keeps the two apart' FROM core.chat_sessions AS session
         WHERE session.id = p_offer.session_id AND EXISTS (
             SELECT FROM core.blocks AS block
             WHERE block.customer_id = core.person_of(session.customer_id)
                 AND block.mitra_id = p_offer.mitra_id
                 AND block.created_at <= p_offer.settled_at)),
        'the mitra had no free slot left')
    END
$$;

COMMENT ON FUNCTION core.offer_outcome(core.pairing_offers) IS 'What became of an offer, in words.';
