CREATE OR REPLACE FUNCTION core.waves_of(p_session core.chat_sessions)
RETURNS integer
LANGUAGE sql STABLE
AS $$
SELECT coalesce(max(offer.wave), 0) FROM core.pairing_offers AS offer
WHERE offer.session_id = p_session.id AND offer.round = p_session.round
$$;

COMMENT ON FUNCTION core.waves_of(core.chat_sessions) IS
'How many waves of offers the present round of a search has made.';
