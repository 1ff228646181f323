CREATE OR REPLACE FUNCTION api.list_owed_earnings(
    p_limit integer DEFAULT 50, p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_after text[];
    v_items jsonb;
    v_goes_on boolean;
BEGIN
    PERFORM core.require_page(p_limit);
    v_after := core.cursor_key(p_cursor, 'uuid');

    -- Find a page and one row more: the row says that there is a next page.
    WITH page AS (
        SELECT owed.*, row_number() OVER (ORDER BY owed.mitra_id) AS place
        FROM ops.owed_earnings() AS owed
        WHERE v_after IS NULL OR owed.mitra_id > v_after[1]::uuid
        ORDER BY place LIMIT p_limit + 1
    )
    SELECT
        coalesce(jsonb_agg(
            jsonb_build_object(
                'mitra_id', page.mitra_id, 'display_name', page.display_name,
                'is_active', page.is_active, 'owed', page.owed,
                'in_no_payout', page.in_no_payout, 'to_be_paid', page.to_be_paid,
                'held', page.held, 'since', core.instant(page.since))
            ORDER BY page.place) FILTER (WHERE page.place <= p_limit), '[]'),
        count(*) > p_limit
    INTO v_items, v_goes_on FROM page;
    RETURN jsonb_build_object('items', v_items, 'next_cursor', CASE WHEN v_goes_on
        THEN core.cursor(v_items -> -1 ->> 'mitra_id') END);
END
$$;

COMMENT ON FUNCTION api.list_owed_earnings(integer, text) IS $$
{items, next_cursor}: the rows of ops.owed_earnings, p_limit (1 to 200) a page.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.list_owed_earnings(integer, text) TO halo_cc;
