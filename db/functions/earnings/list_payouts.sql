CREATE OR REPLACE FUNCTION api.list_payouts(
    p_status text DEFAULT NULL, p_mitra_id uuid DEFAULT NULL, p_until timestamptz DEFAULT NULL,
    p_limit integer DEFAULT 50, p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_before text[];
    v_payouts core.payouts[];
BEGIN
    PERFORM core.require_page(p_limit);
    v_before := core.cursor_key(p_cursor, 'time', 'uuid');

    -- Find a page, and the row after it. Planned for the filters that are given.
    v_payouts := ARRAY(
        SELECT payout FROM core.payouts AS payout
        WHERE (p_status IS NULL OR payout.status = p_status)
            AND (p_mitra_id IS NULL OR payout.mitra_id = p_mitra_id)
            AND (p_until IS NULL OR payout.until = p_until)
            AND (v_before IS NULL
                OR (payout.created_at, payout.id) < (v_before[1]::timestamptz, v_before[2]::uuid))
        ORDER BY payout.created_at DESC, payout.id DESC LIMIT p_limit + 1);
    RETURN jsonb_build_object(
        'items', coalesce((
            SELECT jsonb_agg(core.payout_json(payout::core.payouts)
                ORDER BY (payout).created_at DESC, (payout).id DESC)
            FROM unnest(v_payouts[1:p_limit]) AS payout), '[]'),
        'next_cursor', CASE WHEN cardinality(v_payouts) > p_limit THEN core.cursor(
            core.instant((v_payouts[p_limit]).created_at), (v_payouts[p_limit]).id::text) END,
        'incomplete_periods', coalesce((
            SELECT jsonb_agg(jsonb_build_object(
                    'until', core.instant(period.until),
                    'closed_at', core.instant(period.closed_at))
                ORDER BY period.closed_at, period.until)
            FROM core.payout_periods AS period WHERE period.gathered_at IS NULL), '[]'));
END
$$;

COMMENT ON FUNCTION api.list_payouts(text, uuid, timestamptz, integer, text) IS $$
{items, next_cursor, incomplete_periods}: payouts, newest first, p_limit (1 to 200) a page; null
filters nothing: p_status, p_mitra_id, and those of the period that ended p_until.
incomplete_periods, whatever the filters: until and closed_at of periods of which more payouts are
being made (api.gather_payouts).
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.list_payouts(text, uuid, timestamptz, integer, text) TO halo_cc;
