CREATE OR REPLACE FUNCTION api.session_info(p_session_id uuid, p_user_type text, p_user_id uuid)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_session core.chat_sessions;
BEGIN
    PERFORM core.require_party(p_session_id, p_user_type, p_user_id);
    PERFORM core.note_life(p_session_id, p_user_type, p_user_id, p_only_reads => true);
    v_session := core.read_session(p_session_id);
    RETURN core.session_json(v_session) || core.search_progress(v_session) || jsonb_build_object(
        'presence', core.presences_json(v_session),
        -- What the customer of a mitra who never wrote can do.
        'no_reply_options', CASE
            WHEN p_user_type = 'customer'
                AND v_session.status IN ('active', 'extending', 'closing')
                AND core.unanswered_wait(v_session, clock_timestamp()) IS NOT NULL
            THEN CASE core.settled_status(v_session, clock_timestamp())
                WHEN 'closing' THEN '["end"]'::jsonb
                WHEN 'completed' THEN NULL
                ELSE '["reroute", "end"]' END END,
        -- What this party did; the other party's are nobody's business.
        'has_blocked', EXISTS (
            SELECT FROM core.blocks AS block
            WHERE block.customer_id = core.person_of(v_session.customer_id)
                AND block.mitra_id = core.met_mitra(v_session) AND block.party = p_user_type),
        'has_reported', EXISTS (
            SELECT FROM core.reports AS report
            WHERE report.session_id = p_session_id AND report.party = p_user_type
                AND report.mitra_id = core.met_mitra(v_session)));
END
$$;

COMMENT ON FUNCTION api.session_info(uuid, text, uuid) IS $$
Everything an app that reconnects needs to know of a session, including the presence of both
parties, how its search gets on, what the customer can do when the mitra's first reply is overdue,
and whether this party has blocked or reported the other. p_user_type: customer or mitra, with the
party's id.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404 (strangers too).
Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.session_info(uuid, text, uuid) TO halo_app;
