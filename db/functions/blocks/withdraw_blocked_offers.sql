CREATE OR REPLACE FUNCTION core.withdraw_blocked_offers(p_session_ids uuid[])
RETURNS core.event[]
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_withdrawn core.pairing_offers[];
BEGIN
    v_withdrawn := core.settle_offers(ARRAY(
        SELECT offer.id FROM core.pairing_offers AS offer
        JOIN core.chat_sessions AS session ON session.id = offer.session_id
        WHERE offer.session_id = ANY (p_session_ids) AND core.status_is(offer.status, 'offered')
            AND offer.mitra_id = ANY (core.blocked_mitras(session.customer_id))
    ), 'cancelled');
    PERFORM core.end_waves(p_session_ids) WHERE v_withdrawn <> '{}';
    RETURN core.offer_events(v_withdrawn);
END
$$;

COMMENT ON FUNCTION core.withdraw_blocked_offers(uuid[]) IS $$
Cancels the offers of locked searches that are out to mitras who are blocked by now, so that the two
don't meet by them. Returns the events for the caller to emit. Notifies: pairing.
$$;
