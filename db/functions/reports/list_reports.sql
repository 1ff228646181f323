CREATE OR REPLACE FUNCTION api.list_reports(
    p_status text DEFAULT NULL,
    p_reported_by text DEFAULT NULL,
    p_mitra_id uuid DEFAULT NULL,
    p_customer_id uuid DEFAULT NULL,
    p_from_at timestamptz DEFAULT NULL,
    p_to_at timestamptz DEFAULT NULL,
    p_limit integer DEFAULT 50,
    p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_before text[];
    v_reports core.reports[];
BEGIN
    PERFORM core.require_page(p_limit);
    v_before := core.cursor_key(p_cursor, 'time', 'uuid');

    -- Find a page and one row more: the row says that there is a next page.
    v_reports := ARRAY(
        SELECT report FROM core.reports AS report
        WHERE (p_status IS NULL OR report.status = p_status)
            AND (p_reported_by IS NULL OR report.party = p_reported_by)
            AND (p_mitra_id IS NULL OR report.mitra_id = p_mitra_id)
            AND (p_customer_id IS NULL OR report.customer_id = p_customer_id)
            AND (p_from_at IS NULL OR report.created_at >= p_from_at)
            AND (p_to_at IS NULL OR report.created_at < p_to_at)
            AND (v_before IS NULL
                OR (report.created_at, report.id)
                    < (v_before[1]::timestamptz, v_before[2]::uuid))
        ORDER BY report.created_at DESC, report.id DESC LIMIT p_limit + 1);
    RETURN jsonb_build_object(
        'items', coalesce((
            SELECT jsonb_agg(core.report_json(report::core.reports)
                ORDER BY (report).created_at DESC, (report).id DESC)
            FROM unnest(v_reports[1:p_limit]) AS report), '[]'),
        'next_cursor', CASE WHEN cardinality(v_reports) > p_limit THEN core.cursor(
            core.instant((v_reports[p_limit]).created_at),
            (v_reports[p_limit]).id::text) END);
END
$$;

COMMENT ON FUNCTION api.list_reports(
    text, text, uuid, uuid, timestamptz, timestamptz, integer, text) IS $$
{items, next_cursor}: reports, newest first, p_limit (1 to 200) a page: of one status (open, upheld,
dismissed), by customers or mitras (p_reported_by), of one mitra, of one customer, made from
p_from_at to before p_to_at; null filters nothing.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.list_reports(
    text, text, uuid, uuid, timestamptz, timestamptz, integer, text) TO halo_cc;
