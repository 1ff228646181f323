CREATE OR REPLACE FUNCTION core.settle_offers(p_offer_ids uuid[], p_status text)
RETURNS core.pairing_offers[]
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_offers core.pairing_offers[];
BEGIN
    WITH settled AS (
        UPDATE core.pairing_offers SET status = p_status, settled_at = clock_timestamp()
        WHERE id = ANY (p_offer_ids) AND status = 'offered'
        RETURNING *
    )
    SELECT coalesce(array_agg(settled::core.pairing_offers ORDER BY settled.id), '{}')
    INTO v_offers FROM settled;
    RETURN v_offers;
END
$$;

COMMENT ON FUNCTION core.settle_offers(uuid[], text) IS
'Gives locked live offers their final status, and returns the offers it changed.';
