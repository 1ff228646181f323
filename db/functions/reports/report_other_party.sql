CREATE OR REPLACE FUNCTION api.report_other_party(
    p_session_id uuid, p_user_type text, p_user_id uuid, p_reason text,
    p_comment text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_session core.chat_sessions;
    v_mitra core.mitras;
    v_report core.reports;
BEGIN
    PERFORM core.require('reason', p_reason);
    PERFORM core.require_acquainted(p_session_id, p_user_type, p_user_id);
    PERFORM core.require_active(mitra) FROM core.mitras AS mitra
    WHERE p_user_type = 'mitra' AND mitra.id = p_user_id;
    p_reason := core.one_line('reason', p_reason, 100);
    p_comment := CASE WHEN NOT core.is_blank(p_comment) THEN btrim(p_comment, core.blanks()) END;
    IF length(p_comment) > 1000 THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'A comment has at most 1,000 characters.', 'Shorten it.', 'comment');
    END IF;

    -- Lock the customer, so that no merge passes the count; the session; judge; and lock the mitra,
    -- whose reports are counted anew.
    v_session := core.read_session(p_session_id);
    PERFORM FROM core.customers WHERE id = v_session.customer_id FOR SHARE;
    PERFORM core.lock_for_command(ARRAY[p_session_id]);
    v_session := core.require_met(p_session_id, p_user_type, p_user_id);
    PERFORM core.note_life(p_session_id, p_user_type, p_user_id);
    v_mitra := core.lock_mitra(v_session.mitra_id);
    IF p_user_type = 'mitra' THEN
        PERFORM core.require_active(v_mitra);
    END IF;

    -- Write. A report that is there already stays.
    INSERT INTO core.reports (
        session_id, customer_id, mitra_id, party, had_started, reason, comment)
    VALUES (
        p_session_id, v_session.customer_id, v_mitra.id, p_user_type,
        core.had_started(p_session_id, v_mitra.id), p_reason, p_comment)
    ON CONFLICT DO NOTHING
    RETURNING * INTO v_report;
    IF v_report.id IS NULL THEN
        PERFORM core.refuse('INVALID_STATE',
            'You have reported this session already.', 'A report is made once.');
    END IF;
    RETURN jsonb_build_object(
        'id', v_report.id, 'session_id', v_report.session_id, 'reason', v_report.reason,
        'comment', v_report.comment, 'created_at', core.instant(v_report.created_at));
END
$$;

COMMENT ON FUNCTION api.report_other_party(uuid, text, uuid, text, text) IS $$
A party of a session, which is open or ended within seven days, tells the control centre of the
other party, once: p_reason in at most 100 characters, p_comment in at most 1,000. p_user_type:
customer or mitra, with the party's id. Open reports of reports_before_hold customers, each of a
session that had started, hold a mitra from new offers; live offers and sessions go on. The
other party is not told. Returns {id, session_id, reason, comment, created_at}.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404 (strangers too), INVALID_STATE 409 (no mitra yet, too
long ago, or reported already), MITRA_DEACTIVATED 403.
Notifies: mitra_mirror, when it counts against a mitra.
$$;
GRANT EXECUTE ON FUNCTION api.report_other_party(uuid, text, uuid, text, text) TO halo_app;
