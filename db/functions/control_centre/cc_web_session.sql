CREATE OR REPLACE FUNCTION api.cc_web_session(p_token_hash bytea, p_is_use boolean DEFAULT true)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_session core.auth_sessions;
    v_user jsonb;
BEGIN
    PERFORM core.require('token_hash', p_token_hash::text, 'is_use', p_is_use::text);

    -- Find.
    SELECT * INTO v_session FROM core.auth_sessions AS known
    WHERE known.token_hash = p_token_hash AND known.kind IN ('web', 'display');
    SELECT jsonb_build_object(
        'cc_user_id', cc_user.id,
        'email', cc_user.email,
        'display_name', cc_user.display_name,
        'role', role.name,
        'locale', cc_user.locale,
        'time_zone', coalesce(cc_user.time_zone, core.business_time_zone()),
        'permissions', CASE v_session.kind WHEN 'web' THEN role.permissions
            ELSE '{"dashboard": ["read"]}' END,
        'views', (
            SELECT coalesce(jsonb_agg(core.view_json(view) ORDER BY view.screen, view.name), '[]')
            FROM core.saved_views AS view
            WHERE view.cc_user_id = cc_user.id AND v_session.kind = 'web'))
    INTO v_user
    FROM core.control_center_users AS cc_user JOIN core.roles AS role ON role.id = cc_user.role_id
    WHERE cc_user.id = v_session.user_id AND cc_user.is_active;

    -- Judge.
    IF v_user IS NULL OR NOT core.is_awake(v_session) THEN
        RETURN NULL;
    END IF;

    -- Write, at most once a minute. No lock on the account: the stamp judges nothing else.
    IF p_is_use AND v_session.used_at <= v_now - interval '1 minute' THEN
        UPDATE core.auth_sessions AS known SET used_at = v_now
        WHERE known.id = v_session.id AND known.revoked_at IS NULL;
    END IF;
    RETURN v_user || jsonb_build_object(
        'auth_session_id', v_session.family,
        'is_display', v_session.kind = 'display',
        'expires_at', core.instant(v_session.expires_at));
END
$$;

COMMENT ON FUNCTION api.cc_web_session(bytea, boolean) IS $$
Whose browser's session or display this is, by the hash of its cookie: {auth_session_id, is_display,
expires_at, cc_user_id, email, display_name, role, locale, time_zone, permissions, views}; null when
there is none any more. Views are the user's saved filters of screens; a display has none.
p_is_use: somebody acts, which keeps the session for another 30 minutes (noted at most once a
minute); a stream is no use. A display has the permission dashboard:read alone, and only
as long as its user has it.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.cc_web_session(bytea, boolean) TO halo_cc;
