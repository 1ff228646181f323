CREATE OR REPLACE FUNCTION api.list_offers(
    p_status text DEFAULT NULL,
    p_limit integer DEFAULT 50,
    p_cursor text DEFAULT NULL,
    p_mitra_id uuid DEFAULT NULL,
    p_from_at timestamptz DEFAULT NULL,
    p_to_at timestamptz DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    -- A status that is rare would otherwise be looked for through all of time.
    v_from timestamptz := coalesce(
        p_from_at, coalesce(p_to_at, clock_timestamp()) - interval '1 day');
    v_before text[];
    v_offers core.pairing_offers[];
BEGIN
    PERFORM core.require_page(p_limit);

    -- Find a page and one row more: the row says that there is a next page.
    v_before := core.cursor_key(p_cursor, 'time', 'uuid');
    v_offers := ARRAY(
        SELECT offer FROM core.pairing_offers AS offer
        WHERE offer.offered_at >= v_from
            AND (p_to_at IS NULL OR offer.offered_at < p_to_at)
            AND (p_status IS NULL OR offer.status = p_status)
            AND (p_mitra_id IS NULL OR offer.mitra_id = p_mitra_id)
            AND (v_before IS NULL
                OR (offer.offered_at, offer.id)
                    < (v_before[1]::timestamptz, v_before[2]::uuid))
        ORDER BY offer.offered_at DESC, offer.id DESC LIMIT p_limit + 1);

    RETURN jsonb_build_object(
        'items', (
            SELECT coalesce(jsonb_agg(
                jsonb_build_object(
                    'id', offer.id,
                    'session_id', offer.session_id,
                    'mitra', jsonb_build_object(
                        'id', mitra.id, 'display_name', mitra.display_name),
                    'round', offer.round,
                    'wave', offer.wave,
                    'status', offer.status,
                    'offered_at', core.instant(offer.offered_at),
                    'expires_at', core.instant(offer.expires_at),
                    'answered_after_seconds', CASE
                        WHEN offer.status IN ('accepted', 'declined')
                        THEN round(extract(epoch FROM offer.settled_at - offer.offered_at), 3) END)
                ORDER BY offer.offered_at DESC, offer.id DESC), '[]')
            FROM unnest(v_offers[1:p_limit]) AS offer
            JOIN core.mitras AS mitra ON mitra.id = offer.mitra_id),
        'next_cursor', CASE WHEN cardinality(v_offers) > p_limit THEN core.cursor(
            core.instant((v_offers[p_limit]).offered_at),
            (v_offers[p_limit]).id::text) END);
END
$$;

COMMENT ON FUNCTION api.list_offers(
    text, integer, text, uuid, timestamptz, timestamptz) IS $$
{items, next_cursor}: everybody's offers, newest first, p_limit (1 to 200) a page: those of a
status, of a mitra, sent from p_from_at to before p_to_at. Without p_from_at those of the last day
before p_to_at, or before now. answered_after_seconds is null unless the mitra accepted or declined.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.list_offers(
    text, integer, text, uuid, timestamptz, timestamptz) TO halo_cc;
