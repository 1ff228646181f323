CREATE OR REPLACE FUNCTION api.mitra_earnings(
    p_mitra_id uuid, p_from_at timestamptz DEFAULT NULL, p_to_at timestamptz DEFAULT NULL,
    p_limit integer DEFAULT 50, p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_before text[];
    v_earned bigint;
    v_earnings core.mitra_earnings[];
BEGIN
    PERFORM core.require('mitra_id', p_mitra_id::text);
    IF NOT EXISTS (SELECT FROM core.mitras WHERE id = p_mitra_id) THEN
        PERFORM core.refuse_unknown('mitra');
    END IF;
    PERFORM core.require_page(p_limit);
    v_before := core.cursor_key(p_cursor, 'time', 'uuid');

    -- Find the sum, a page, and the row after it.
    v_earned := (
        SELECT coalesce(sum(earning.amount), 0) FROM core.mitra_earnings AS earning
        WHERE earning.mitra_id = p_mitra_id AND earning.at >= coalesce(p_from_at, '-infinity')
            AND earning.at < coalesce(p_to_at, 'infinity'));
    v_earnings := ARRAY(
        SELECT earning FROM core.mitra_earnings AS earning
        WHERE earning.mitra_id = p_mitra_id AND earning.at >= coalesce(p_from_at, '-infinity')
            AND earning.at < coalesce(p_to_at, 'infinity')
            AND (v_before IS NULL
                OR (earning.at, earning.id) < (v_before[1]::timestamptz, v_before[2]::uuid))
        ORDER BY earning.at DESC, earning.id DESC LIMIT p_limit + 1);

    RETURN core.mitra_money(p_mitra_id) || jsonb_build_object(
        'mitra_id', p_mitra_id,
        'from', core.instant(p_from_at),
        'to', core.instant(p_to_at),
        'earned', v_earned,
        'mitra_share_percent', core.mitra_share_percent(p_mitra_id),
        'payouts', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'id', latest.id, 'until', core.instant(latest.until), 'amount', latest.amount,
                'status', latest.status, 'reference', latest.reference,
                'created_at', core.instant(latest.created_at),
                'settled_at', core.instant(latest.settled_at))
                ORDER BY latest.created_at DESC, latest.id DESC), '[]')
            FROM (
                SELECT * FROM core.payouts WHERE mitra_id = p_mitra_id
                ORDER BY created_at DESC, id DESC LIMIT 20
            ) AS latest),
        'items', coalesce((
            SELECT jsonb_agg(jsonb_build_object(
                'id', (earning).id, 'session_id', (earning).session_id,
                'at', core.instant((earning).at), 'amount', (earning).amount,
                'kept', (earning).kept, 'share', (earning).share,
                'seconds', coalesce(service.seconds, 0), 'payout_id', place.payout_id)
                ORDER BY (earning).at DESC, (earning).id DESC)
            FROM unnest(v_earnings[1:p_limit]) AS earning
            JOIN core.earning_payouts AS place ON place.earning_id = (earning).id
            LEFT JOIN core.session_services AS service
                ON service.session_id = (earning).session_id AND service.mitra_id = p_mitra_id),
            '[]'),
        'next_cursor', CASE WHEN cardinality(v_earnings) > p_limit THEN core.cursor(
            core.instant((v_earnings[p_limit]).at), (v_earnings[p_limit]).id::text) END);
END
$$;

COMMENT ON FUNCTION api.mitra_earnings(uuid, timestamptz, timestamptz, integer, text) IS $$
What a mitra earned from p_from_at to before p_to_at (null = without an end), in rupiah: the sum
(earned), a page of its rows, newest first, p_limit (1 to 200) a page (items, next_cursor); besides
what is owed and was paid out in all (core.mitra_money), the share in percent of sessions that start
now, and the latest 20 payouts. kept and share of a row are of its session, for all its mitras.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
GRANT EXECUTE ON FUNCTION api.mitra_earnings(uuid, timestamptz, timestamptz, integer, text)
TO halo_app, halo_cc;
