CREATE OR REPLACE FUNCTION core.may_watch(p_watcher text)
RETURNS boolean
LANGUAGE sql VOLATILE
AS $$
SELECT CASE split_part(p_watcher, ':', 1)
    WHEN 'cc' THEN EXISTS (
        SELECT FROM core.auth_sessions AS login
        WHERE login.user_type = 'cc'
            AND login.user_id = split_part(p_watcher, ':', 2)::uuid
            AND login.family = split_part(p_watcher, ':', 3)::uuid
            AND login.revoked_at IS NULL
            AND core.may(login.user_id, 'dashboard', 'read'))
    WHEN 'web' THEN EXISTS (
        SELECT FROM core.auth_sessions AS session
        WHERE session.family = split_part(p_watcher, ':', 2)::uuid
            AND core.is_awake(session)
            AND core.may(session.user_id, 'dashboard', 'read'))
    ELSE false END
$$;

COMMENT ON FUNCTION core.may_watch(text) IS $$
Whether somebody may go on watching the figures. cc:<id>:<auth_session_id> is a login of a control
centre user (the access token's sid), which must not have been ended (api.require_login), and who
needs the permission dashboard:read; web:<auth_session_id> is a browser or a display of such a user,
whose session must not have ended; anybody else may not.
$$;
