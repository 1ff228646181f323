CREATE OR REPLACE FUNCTION core.settle_offers(
    p_offer_ids uuid[], p_status text, p_winner_id uuid DEFAULT NULL)
RETURNS core.pairing_offers[]
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
DECLARE
    v_offers core.pairing_offers[];
BEGIN
    WITH settled AS (
        UPDATE core.pairing_offers
        SET status = CASE id WHEN p_winner_id THEN 'accepted' ELSE p_status END,
            settled_at = clock_timestamp()
        WHERE id = ANY (p_offer_ids) AND core.status_is(status, 'offered')
        RETURNING *
    )
    SELECT coalesce(array_agg(settled::core.pairing_offers ORDER BY settled.id), '{}')
    INTO v_offers FROM settled WHERE settled.status = p_status;
    RETURN v_offers;
END
$$;

COMMENT ON FUNCTION core.settle_offers(uuid[], text, uuid) IS $$
Gives locked live offers their final status, but the winner among them 'accepted', and returns the
offers that have p_status now.
$$;
