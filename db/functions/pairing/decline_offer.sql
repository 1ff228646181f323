CREATE OR REPLACE FUNCTION api.decline_offer(p_offer_id uuid, p_mitra_id uuid)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_offer core.pairing_offers;
BEGIN
    -- A deactivated mitra is told so first, whatever became of the offer; and under lock again.
    PERFORM core.require_active(mitra) FROM core.mitras AS mitra WHERE mitra.id = p_mitra_id;
    v_offer := core.lock_offer(p_offer_id, p_mitra_id);
    PERFORM core.require_active(mitra) FROM core.mitras AS mitra WHERE mitra.id = p_mitra_id;

    -- A repeated no is the same no.
    IF v_offer.status = 'declined' THEN
        PERFORM core.prove_presence(p_mitra_id);
        RETURN core.offer_json(v_offer);
    ELSIF v_offer.status = 'accepted' THEN
        PERFORM core.refuse('INVALID_STATE',
            'This offer was accepted.', 'End the session instead.');
    END IF;
    PERFORM core.require_open(v_offer);

    -- The last answer of a wave lets the next wave begin at once.
    PERFORM core.settle_offers(ARRAY[p_offer_id], 'declined');
    PERFORM core.end_waves(ARRAY[v_offer.session_id]);
    PERFORM core.forget_missed_offers(p_mitra_id);
    v_offer.status := 'declined';
    RETURN core.offer_json(v_offer);
END
$$;

COMMENT ON FUNCTION api.decline_offer(uuid, uuid) IS $$
The mitra says no to an offer; repeating it changes nothing. The last answer of a wave ends the
wave. Returns the offer.
Raises: MITRA_DEACTIVATED 403, NOT_FOUND 404, INVALID_STATE 409 (accepted), OFFER_TAKEN 409,
OFFER_EXPIRED 409, OFFER_GONE 409; VALIDATION_ERROR 422.
Notifies: pairing, when the wave ended.
$$;
GRANT EXECUTE ON FUNCTION api.decline_offer(uuid, uuid) TO halo_app;
