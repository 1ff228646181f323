CREATE OR REPLACE FUNCTION api.set_package_active(
    p_package_id uuid,
    p_is_active boolean,
    p_version integer DEFAULT NULL,
    p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_before core.price_packages;
    v_after core.price_packages;
BEGIN
    PERFORM core.require('package_id', p_package_id::text, 'is_active', p_is_active::text);

    -- Lock and judge: a price that was replaced does not come back.
    v_before := core.lock_package(p_package_id, p_version);
    IF p_is_active THEN
        PERFORM core.refuse_replaced(p_package_id);
    END IF;

    -- Write.
    UPDATE core.price_packages SET is_active = p_is_active WHERE id = p_package_id
    RETURNING * INTO v_after;
    IF v_before.is_active <> p_is_active THEN
        PERFORM core.audit(p_actor_id,
            CASE WHEN p_is_active THEN 'package.activate' ELSE 'package.deactivate' END,
            p_package_id::text,
            jsonb_build_object('is_active', v_before.is_active),
            jsonb_build_object('is_active', p_is_active));
    END IF;
    RETURN core.package_details_json(v_after);
END
$$;

COMMENT ON FUNCTION api.set_package_active(uuid, boolean, integer, uuid) IS $$
Lets a package be bought, or not any more; links that are open stay. Repeating it changes nothing.
p_version null = not compared. Returns the package.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, VERSION_MISMATCH 412, PACKAGE_REPLACED 409 (to be
activated). Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.set_package_active(uuid, boolean, integer, uuid) TO halo_cc;
