CREATE OR REPLACE FUNCTION core.end_waves(p_session_ids uuid[])
RETURNS void
LANGUAGE sql VOLATILE
AS $$
UPDATE core.chat_sessions AS session SET status = 'searching'
WHERE session.id = ANY (p_session_ids) AND core.status_is(session.status, 'pending_acceptance')
    AND NOT EXISTS (
        SELECT FROM core.pairing_offers AS offer
        WHERE offer.session_id = session.id AND core.status_is(offer.status, 'offered'))
$$;

COMMENT ON FUNCTION core.end_waves(uuid[]) IS $$
Sends locked sessions back to searching when all their offers are answered.
Notifies: pairing.
$$;
