CREATE OR REPLACE FUNCTION core.barred_mitras(p_session core.chat_sessions)
RETURNS uuid[]
LANGUAGE sql STABLE
AS $$
SELECT p_session.excluded_mitra_ids || core.blocked_mitras(p_session.customer_id) || ARRAY(
    SELECT offer.mitra_id FROM core.pairing_offers AS offer
    WHERE offer.session_id = p_session.id AND offer.round = p_session.round)
$$;

COMMENT ON FUNCTION core.barred_mitras(core.chat_sessions) IS $$
The mitras that may not get an offer of this session in this round: they had an offer in it, a
reroute excluded them, or a block keeps them and the customer apart.
$$;
