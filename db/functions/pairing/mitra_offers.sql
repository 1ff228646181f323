CREATE OR REPLACE FUNCTION api.mitra_offers(
    p_mitra_id uuid, p_limit integer DEFAULT NULL, p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.require('mitra_id', p_mitra_id::text);
    PERFORM core.require_active(mitra) FROM core.mitras AS mitra WHERE mitra.id = p_mitra_id;
    RETURN core.page_of((
            SELECT jsonb_agg(core.offer_json(offer) ORDER BY offer.expires_at, offer.id)
            FROM core.pairing_offers AS offer
            WHERE offer.mitra_id = p_mitra_id AND offer.status = 'offered'
                AND offer.expires_at > clock_timestamp()),
        p_limit, p_cursor);
END
$$;

COMMENT ON FUNCTION api.mitra_offers(uuid, integer, text) IS $$
{items, next_cursor}: a mitra's live offers, the most urgent first, p_limit (1 to 200, null = all)
a page.
Raises: VALIDATION_ERROR 422, MITRA_DEACTIVATED 403.
$$;
GRANT EXECUTE ON FUNCTION api.mitra_offers(uuid, integer, text) TO halo_app;
