CREATE OR REPLACE FUNCTION core.session_details_json(
    p_session core.chat_sessions, p_cc_user_id uuid)
RETURNS jsonb
LANGUAGE sql VOLATILE
AS $$
SELECT listed.shown FROM core.shown_session_details(ARRAY[p_session], p_cc_user_id) AS listed
$$;

COMMENT ON FUNCTION core.session_details_json(core.chat_sessions, uuid) IS
'A session as core.shown_session_details shows it.';
