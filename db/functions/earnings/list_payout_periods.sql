CREATE OR REPLACE FUNCTION api.list_payout_periods(
    p_limit integer DEFAULT 50, p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_before text[];
    v_untils timestamptz[];
    v_items jsonb;
BEGIN
    PERFORM core.require_page(p_limit);
    v_before := core.cursor_key(p_cursor, 'time', 'time');

    -- Find a page and one row more: the row says that there is a next page.
    v_untils := ARRAY(
        SELECT period.until FROM core.payout_periods AS period
        WHERE v_before IS NULL OR (period.closed_at, period.until)
            < (v_before[1]::timestamptz, v_before[2]::timestamptz)
        ORDER BY period.closed_at DESC, period.until DESC LIMIT p_limit + 1);

    -- Count the payouts of the periods on the page, which have an index, and no others.
    WITH counted AS (
        SELECT payout.until, payout.status, count(*) AS payouts, sum(payout.amount) AS amount
        FROM core.payouts AS payout WHERE payout.until = ANY (v_untils[1:p_limit])
        GROUP BY payout.until, payout.status
    ), shown AS (
        SELECT period.closed_at, period.until, jsonb_build_object(
                'until', core.instant(period.until),
                'closed_at', core.instant(period.closed_at),
                'closed_by', (
                    SELECT jsonb_build_object('id', id, 'display_name', display_name)
                    FROM core.control_center_users WHERE id = period.actor_id),
                'is_complete', period.gathered_at IS NOT NULL,
                'payouts', coalesce(sum(counted.payouts), 0),
                'amount', coalesce(sum(counted.amount), 0))
            || jsonb_object_agg(status.name, jsonb_build_object(
                'payouts', coalesce(counted.payouts, 0),
                'amount', coalesce(counted.amount, 0))) AS item
        FROM core.payout_periods AS period
        CROSS JOIN unnest('{open,held,paid,failed}'::text[]) AS status (name)
        LEFT JOIN counted ON counted.until = period.until AND counted.status = status.name
        WHERE period.until = ANY (v_untils[1:p_limit])
        GROUP BY period.until
    )
    SELECT coalesce(
        jsonb_agg(shown.item ORDER BY shown.closed_at DESC, shown.until DESC), '[]')
    INTO v_items FROM shown;
    RETURN jsonb_build_object('items', v_items, 'next_cursor',
        CASE WHEN cardinality(v_untils) > p_limit
            THEN core.cursor(v_items -> -1 ->> 'closed_at', v_items -> -1 ->> 'until') END);
END
$$;

COMMENT ON FUNCTION api.list_payout_periods(integer, text) IS $$
{items, next_cursor}: closed periods, closed last first, p_limit (1 to 200) a page: until,
closed_at, closed_by (id and display_name of a user; null for a DBA), is_complete (false: more
payouts are being made, api.gather_payouts), payouts and amount: how many payouts it has and their
sum in whole rupiah, and the same of those that are open, held, paid and failed.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.list_payout_periods(integer, text) TO halo_cc;
