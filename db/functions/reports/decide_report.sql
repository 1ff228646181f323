CREATE OR REPLACE FUNCTION api.decide_report(
    p_report_id uuid, p_outcome text, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_report core.reports;
BEGIN
    PERFORM core.require('report_id', p_report_id::text, 'outcome', p_outcome);
    IF p_outcome NOT IN ('upheld', 'dismissed') THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'A report is upheld or dismissed.', 'Use one of the two.', 'outcome');
    END IF;

    -- Lock and judge. The same decision again is the same decision.
    v_report := core.lock_report(p_report_id);
    IF v_report.status = p_outcome THEN
        RETURN core.report_details_json(v_report);
    ELSIF v_report.status <> 'open' THEN
        PERFORM core.refuse('INVALID_STATE',
            'This report is ' || v_report.status || ' already.', 'Write a note instead.');
    END IF;

    -- Write.
    UPDATE core.reports
    SET status = p_outcome, decided_at = clock_timestamp(), decided_by = p_actor_id
    WHERE id = p_report_id RETURNING * INTO v_report;
    PERFORM core.audit(p_actor_id, 'report.decide', p_report_id::text,
        jsonb_build_object('status', 'open'), jsonb_build_object('status', p_outcome));
    RETURN core.report_details_json(v_report);
END
$$;

COMMENT ON FUNCTION api.decide_report(uuid, text, uuid) IS $$
A person decides an open report: upheld or dismissed. It does not count any more, so it may end the
hold of its mitra; what else an upheld report means (deactivating the mitra, a refund) is done by
its own function. Repeating a decision changes nothing. Returns the report with its notes.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, INVALID_STATE 409 (decided otherwise).
Notifies: mitra_mirror, and pairing, when it counted against a mitra.
$$;
GRANT EXECUTE ON FUNCTION api.decide_report(uuid, text, uuid) TO halo_cc;
