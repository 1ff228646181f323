CREATE OR REPLACE FUNCTION core.lock_report(p_report_id uuid)
RETURNS core.reports
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_report core.reports;
BEGIN
    PERFORM core.require('report_id', p_report_id::text);
    SELECT * INTO v_report FROM core.reports WHERE id = p_report_id;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('report');
    END IF;
    PERFORM core.lock_mitra(v_report.mitra_id);
    SELECT * INTO v_report FROM core.reports WHERE id = p_report_id FOR NO KEY UPDATE;
    RETURN v_report;
END
$$;

COMMENT ON FUNCTION core.lock_report(uuid) IS $$
Locks the mitra of a report, whose reports are counted anew, and then the report; returns it as it
is now. Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
