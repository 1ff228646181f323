CREATE OR REPLACE FUNCTION api.update_cc_profile(
    p_cc_user_id uuid,
    p_display_name text DEFAULT NULL,
    p_locale text DEFAULT NULL,
    p_time_zone text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_before core.control_center_users;
    v_user core.control_center_users;
BEGIN
    -- Judge what was given. Only names that a browser knows, too.
    PERFORM core.require('cc_user_id', p_cc_user_id::text);
    p_display_name := core.one_line('display_name', p_display_name, 80);
    IF p_locale NOT IN ('id', 'en') THEN
        PERFORM core.refuse(
            'VALIDATION_ERROR', 'The language is id or en.', 'Choose one of them.', 'locale');
    ELSIF p_time_zone IS NOT NULL AND (
        p_time_zone !~ '^(UTC|[A-Z][A-Za-z]+/[A-Za-z0-9_+/-]+)$'
        OR NOT core.is_time_zone(p_time_zone))
    THEN
        PERFORM core.refuse(
            'VALIDATION_ERROR', 'There is no such time zone.',
            'Give its name, such as Asia/Jakarta.', 'time_zone');
    END IF;

    -- Lock, write, and tell the audit log.
    v_before := core.lock_cc_user(p_cc_user_id);
    UPDATE core.control_center_users
    SET display_name = coalesce(p_display_name, display_name),
        locale = coalesce(p_locale, locale),
        time_zone = coalesce(p_time_zone, time_zone)
    WHERE id = p_cc_user_id
    RETURNING * INTO v_user;
    IF v_user IS DISTINCT FROM v_before THEN
        PERFORM core.audit(p_cc_user_id, 'me.update', p_cc_user_id::text,
            jsonb_build_object('display_name', v_before.display_name,
                'locale', v_before.locale, 'time_zone', v_before.time_zone),
            jsonb_build_object('display_name', v_user.display_name,
                'locale', v_user.locale, 'time_zone', v_user.time_zone));
    END IF;
    RETURN api.cc_profile(p_cc_user_id);
END
$$;

COMMENT ON FUNCTION api.update_cc_profile(uuid, text, text, text) IS $$
A user of the control centre changes the name that colleagues see, the language of the pages (id,
en) or the time zone of the times they show (an IANA name); null leaves it as it is. Returns the
profile.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.update_cc_profile(uuid, text, text, text) TO halo_cc;
