CREATE OR REPLACE FUNCTION core.may_speak(
    p_session core.chat_sessions, p_user_type text, p_user_id uuid, p_mitra_is_active boolean,
    p_now timestamptz)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT p_user_id = CASE p_user_type
        WHEN 'customer' THEN p_session.customer_id
        WHEN 'mitra' THEN p_session.mitra_id END
    AND (p_user_type = 'customer' OR p_mitra_is_active)
    -- An active session whose time is up is closing, and both take last words.
    AND (p_session.status = 'active' OR (core.settled(p_session, p_now)).status = 'closing')
$$;

COMMENT ON FUNCTION core.may_speak(core.chat_sessions, text, uuid, boolean, timestamptz) IS $$
Whether somebody may speak in a session at a moment; p_mitra_is_active is of its mitra. It is one
expression, so that it costs next to nothing for many messages.
$$;
