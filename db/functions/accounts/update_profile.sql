CREATE OR REPLACE FUNCTION api.update_profile(
    p_user_type text, p_user_id uuid, p_display_name text DEFAULT NULL, p_locale text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.require('user_type', p_user_type, 'user_id', p_user_id::text);
    p_display_name := core.one_line('display_name', p_display_name, 80);
    IF p_locale NOT IN ('id', 'en') THEN
        PERFORM core.refuse(
            'VALIDATION_ERROR', 'The language is id or en.', 'Choose one of them.', 'locale');
    END IF;
    PERFORM core.require_account(p_user_type, p_user_id);
    IF p_user_type = 'customer' THEN
        UPDATE core.customers
        SET display_name = coalesce(p_display_name, display_name),
            locale = coalesce(p_locale, locale)
        WHERE id = p_user_id;
    ELSIF p_user_type = 'mitra' THEN
        UPDATE core.mitras
        SET display_name = coalesce(p_display_name, display_name),
            locale = coalesce(p_locale, locale)
        WHERE id = p_user_id;
        PERFORM core.prove_presence(p_user_id);
    END IF;
    RETURN api.profile(p_user_type, p_user_id);
END
$$;

COMMENT ON FUNCTION api.update_profile(text, uuid, text, text) IS $$
A customer or mitra changes the name that others see, or the language of its pushes (id, en); null
leaves it as it is. Returns the profile.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, MITRA_DEACTIVATED 403. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.update_profile(text, uuid, text, text) TO halo_app;
