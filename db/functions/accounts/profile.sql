CREATE OR REPLACE FUNCTION api.profile(p_user_type text, p_user_id uuid)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_profile jsonb;
BEGIN
    PERFORM core.require('user_type', p_user_type, 'user_id', p_user_id::text);
    -- Find. A customer that left has no profile; a mitra keeps its own while deactivated.
    IF p_user_type = 'customer' THEN
        SELECT jsonb_build_object(
            'id', id,
            'type', 'customer',
            'display_name', display_name,
            'phone', phone,
            'is_anonymous', is_anonymous,
            'locale', locale,
            'balance', core.balance(id))
        INTO v_profile FROM core.customers WHERE id = p_user_id AND deleted_at IS NULL;
    ELSIF p_user_type = 'mitra' THEN
        SELECT jsonb_build_object(
            'id', id,
            'type', 'mitra',
            'display_name', display_name,
            'phone', phone,
            'locale', locale)
        INTO v_profile FROM core.mitras WHERE id = p_user_id;
    END IF;
    IF v_profile IS NULL THEN
        PERFORM core.refuse_unknown('account');
    END IF;
    RETURN v_profile;
END
$$;

COMMENT ON FUNCTION api.profile(text, uuid) IS $$
A customer's or mitra's own profile; a customer's has the balance, in rupiah.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
GRANT EXECUTE ON FUNCTION api.profile(text, uuid) TO halo_app;
