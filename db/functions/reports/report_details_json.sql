CREATE OR REPLACE FUNCTION core.report_details_json(p_report core.reports)
RETURNS jsonb
LANGUAGE sql VOLATILE
AS $$
SELECT core.report_json(p_report) || jsonb_build_object(
    'decided_by', (
        SELECT cc_user.display_name FROM core.control_center_users AS cc_user
        WHERE cc_user.id = p_report.decided_by),
    'reporters', load.reporters,
    'mitra_is_held', core.is_held(load.reporters),
    'notes', coalesce((
        SELECT jsonb_agg(
            jsonb_build_object(
                'note', note.note,
                'author', author.display_name,
                'created_at', core.instant(note.created_at))
            ORDER BY note.id)
        FROM core.report_notes AS note
        LEFT JOIN core.control_center_users AS author ON author.id = note.author_id
        WHERE note.report_id = p_report.id), '[]'))
FROM core.mitra_loads AS load WHERE load.mitra_id = p_report.mitra_id
$$;

COMMENT ON FUNCTION core.report_details_json(core.reports) IS $$
A report with its notes, who decided it, how many customers have an open report against its mitra,
and whether they hold the mitra. VOLATILE, so that it shows what the same call has just written.
$$;
