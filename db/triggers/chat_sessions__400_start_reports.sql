CREATE OR REPLACE FUNCTION core.tg_chat_sessions__start_reports()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_mitras uuid[] := ARRAY(
        SELECT report.mitra_id
        FROM old_rows JOIN new_rows USING (id)
        JOIN core.reports AS report
            ON report.session_id = new_rows.id AND report.mitra_id = new_rows.mitra_id
        WHERE old_rows.started_at IS NULL AND new_rows.started_at IS NOT NULL);
BEGIN
    IF v_mitras <> '{}' THEN
        PERFORM core.lock_mitras(v_mitras);
        UPDATE core.reports AS report SET had_started = true
        FROM new_rows
        WHERE report.session_id = new_rows.id AND report.mitra_id = new_rows.mitra_id
            AND new_rows.started_at IS NOT NULL AND NOT report.had_started;
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_chat_sessions__start_reports() IS $$
A report that was made while the session waited for its payment counts from the start of the clock.
$$;

CREATE OR REPLACE TRIGGER _400_start_reports
AFTER UPDATE ON core.chat_sessions
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_chat_sessions__start_reports();
