CREATE OR REPLACE FUNCTION api.note_report(
    p_report_id uuid, p_note text, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_report core.reports;
BEGIN
    PERFORM core.require('report_id', p_report_id::text, 'note', p_note);
    p_note := btrim(p_note, core.blanks());
    IF length(p_note) NOT BETWEEN 1 AND 1000 THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'A note has 1 to 1,000 characters.', 'Shorten it.', 'note');
    END IF;
    SELECT * INTO v_report FROM core.reports WHERE id = p_report_id;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('report');
    END IF;

    INSERT INTO core.report_notes (report_id, note, author_id)
    VALUES (p_report_id, p_note, p_actor_id);
    PERFORM core.audit(p_actor_id, 'report.note', p_report_id::text,
        NULL, jsonb_build_object('note', p_note));
    RETURN core.report_details_json(v_report);
END
$$;

COMMENT ON FUNCTION api.note_report(uuid, text, uuid) IS $$
Writes a note of 1 to 1,000 characters to a report, open or decided. Returns the report with its
notes.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.note_report(uuid, text, uuid) TO halo_cc;
