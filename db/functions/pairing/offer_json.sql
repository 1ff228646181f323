CREATE OR REPLACE FUNCTION core.offer_json(p_offer core.pairing_offers)
RETURNS jsonb
LANGUAGE sql VOLATILE
AS $$
SELECT jsonb_build_object(
    'id', p_offer.id, 'session_id', p_offer.session_id, 'status', p_offer.status,
    'duration_minutes', greatest(1, ceil(coalesce(
        extract(epoch FROM session.remaining) / 60, session.duration_minutes)))::integer,
    'topic_sensitivity', session.topic_sensitivity,
    'expires_at', core.instant(p_offer.expires_at))
FROM core.chat_sessions AS session
WHERE session.id = p_offer.session_id
$$;

COMMENT ON FUNCTION core.offer_json(core.pairing_offers) IS
'An offer as its mitra sees it; for a rerouted session, with the minutes that remain, rounded up.';
