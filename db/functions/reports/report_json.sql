CREATE OR REPLACE FUNCTION core.report_json(p_report core.reports)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT jsonb_build_object(
    'id', p_report.id,
    'session_id', p_report.session_id,
    'reported_by', p_report.party,
    'customer', (
        SELECT jsonb_build_object('id', id, 'display_name', display_name)
        FROM core.customers WHERE id = p_report.customer_id),
    'mitra', (
        SELECT jsonb_build_object('id', id, 'display_name', display_name)
        FROM core.mitras WHERE id = p_report.mitra_id),
    'reason', p_report.reason,
    'comment', p_report.comment,
    'status', p_report.status,
    'had_started', p_report.had_started,
    'created_at', core.instant(p_report.created_at),
    'decided_at', core.instant(p_report.decided_at))
$$;

COMMENT ON FUNCTION core.report_json(core.reports) IS 'A report, as the control centre sees it.';
