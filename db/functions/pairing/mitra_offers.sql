CREATE OR REPLACE FUNCTION api.mitra_offers(p_mitra_id uuid)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.require('mitra_id', p_mitra_id::text);
    PERFORM core.require_active(mitra) FROM core.mitras AS mitra WHERE mitra.id = p_mitra_id;
    RETURN jsonb_build_object(
        'items', coalesce((
            SELECT jsonb_agg(core.offer_json(offer) ORDER BY offer.expires_at, offer.id)
            FROM core.pairing_offers AS offer
            WHERE offer.mitra_id = p_mitra_id AND offer.status = 'offered'
                AND offer.expires_at > clock_timestamp()), '[]'),
        'next_cursor', NULL);
END
$$;

COMMENT ON FUNCTION api.mitra_offers(uuid) IS $$
{items, next_cursor}: a mitra's live offers, all of them, the most urgent first.
Raises: VALIDATION_ERROR 422, MITRA_DEACTIVATED 403.
$$;
GRANT EXECUTE ON FUNCTION api.mitra_offers(uuid) TO halo_app;
