CREATE OR REPLACE FUNCTION api.cc_profile(p_cc_user_id uuid)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_profile jsonb;
BEGIN
    PERFORM core.require('cc_user_id', p_cc_user_id::text);
    SELECT jsonb_build_object(
        'id', cc_user.id,
        'email', cc_user.email,
        'display_name', cc_user.display_name,
        'role', role.name,
        'permissions', role.permissions,
        'locale', cc_user.locale,
        'time_zone', coalesce(cc_user.time_zone, core.business_time_zone()),
        'views', (
            SELECT coalesce(jsonb_agg(core.view_json(view) ORDER BY view.screen, view.name), '[]')
            FROM core.saved_views AS view WHERE view.cc_user_id = cc_user.id))
    INTO v_profile
    FROM core.control_center_users AS cc_user
    JOIN core.roles AS role ON role.id = cc_user.role_id
    WHERE cc_user.id = p_cc_user_id;
    IF v_profile IS NULL THEN
        PERFORM core.refuse_unknown('control centre user');
    END IF;
    RETURN v_profile;
END
$$;

COMMENT ON FUNCTION api.cc_profile(uuid) IS $$
A user of the control centre as the user sees it: {id, email, display_name, role, permissions,
locale, time_zone, views}. locale is null until it was chosen; time_zone is business_time_zone
until then. Views are saved filters of screens.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.cc_profile(uuid) TO halo_cc;
