CREATE OR REPLACE FUNCTION api.create_package_version(
    p_package_id uuid,
    p_price bigint,
    p_name text DEFAULT NULL,
    p_duration_minutes integer DEFAULT NULL,
    p_first_session_price bigint DEFAULT NULL,
    p_version integer DEFAULT NULL,
    p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_before core.price_packages;
    v_package core.price_packages;
    v_reply jsonb;
BEGIN
    PERFORM core.require('package_id', p_package_id::text, 'price', p_price::text);

    -- Lock the old one, so that it is replaced once.
    v_before := core.lock_package(p_package_id, p_version);
    PERFORM core.refuse_replaced(p_package_id);

    -- Write the new one, and switch the old one off.
    v_package.name := coalesce(p_name, v_before.name);
    v_package.duration_minutes := coalesce(p_duration_minutes, v_before.duration_minutes);
    v_package.price := p_price;
    v_package.first_session_price := p_first_session_price;
    v_package.is_extension := v_before.is_extension;
    v_package.replaces := p_package_id;
    v_package := core.add_package(v_package);
    UPDATE core.price_packages SET is_active = false WHERE id = p_package_id;

    v_reply := core.package_details_json(v_package);
    PERFORM core.audit(p_actor_id, 'package.replace', v_package.id::text,
        core.package_details_json(v_before), v_reply);
    RETURN v_reply;
END
$$;

COMMENT ON FUNCTION api.create_package_version(
    uuid, bigint, text, integer, bigint, integer, uuid) IS $$
Changes a package: a new one replaces it, and the old one can't be bought any more, in one
transaction. Links that are open keep the price they were made with. p_name and p_duration_minutes
null = as they are; p_first_session_price null = none. An extension stays an extension. p_version
null = not compared. Returns the new package.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, VERSION_MISMATCH 412, PACKAGE_REPLACED 409.
Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.create_package_version(
    uuid, bigint, text, integer, bigint, integer, uuid) TO halo_cc;
