CREATE OR REPLACE FUNCTION core.require_acquainted(
    p_session_id uuid, p_user_type text, p_user_id uuid)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    PERFORM core.require('session_id', p_session_id::text,
        'user_type', p_user_type, 'user_id', p_user_id::text);
    IF NOT core.is_party(p_session_id, p_user_type, p_user_id)
        AND NOT EXISTS (
            SELECT FROM core.chat_sessions AS session
            WHERE p_user_type = 'customer' AND session.id = p_session_id
                AND core.person_of(session.customer_id) = p_user_id)
        AND NOT EXISTS (
            SELECT FROM core.session_reroutes AS reroute
            WHERE p_user_type = 'mitra' AND reroute.session_id = p_session_id
                AND reroute.mitra_id = p_user_id)
    THEN
        PERFORM core.refuse_unknown('session');
    END IF;
END
$$;

COMMENT ON FUNCTION core.require_acquainted(uuid, text, uuid) IS $$
Who may do something about the other party of a session: its parties, the owner into whom its
customer was merged, and each mitra from whom it was taken. Nobody else learns anything of it.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
