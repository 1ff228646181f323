CREATE OR REPLACE FUNCTION api.find_report(p_report_id uuid)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_report core.reports;
BEGIN
    PERFORM core.require('report_id', p_report_id::text);
    SELECT * INTO v_report FROM core.reports WHERE id = p_report_id;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('report');
    END IF;
    RETURN core.report_details_json(v_report);
END
$$;

COMMENT ON FUNCTION api.find_report(uuid) IS $$
A report with its notes.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.find_report(uuid) TO halo_cc;
