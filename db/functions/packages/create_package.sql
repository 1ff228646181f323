CREATE OR REPLACE FUNCTION api.create_package(
    p_name text,
    p_duration_minutes integer,
    p_price bigint,
    p_first_session_price bigint DEFAULT NULL,
    p_is_extension boolean DEFAULT false,
    p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_package core.price_packages;
    v_reply jsonb;
BEGIN
    PERFORM core.require(
        'name', p_name,
        'duration_minutes', p_duration_minutes::text,
        'price', p_price::text,
        'is_extension', p_is_extension::text);
    v_package.name := p_name;
    v_package.duration_minutes := p_duration_minutes;
    v_package.price := p_price;
    v_package.first_session_price := p_first_session_price;
    v_package.is_extension := p_is_extension;

    -- Judge and write.
    v_package := core.add_package(v_package);
    v_reply := core.package_details_json(v_package);
    PERFORM core.audit(p_actor_id, 'package.create', v_package.id::text, NULL, v_reply);
    RETURN v_reply;
END
$$;

COMMENT ON FUNCTION api.create_package(text, integer, bigint, bigint, boolean, uuid) IS $$
A new package, which can be bought at once: minutes for whole rupiah. p_first_session_price null =
a first session costs the same. Returns the package.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.create_package(text, integer, bigint, bigint, boolean, uuid)
TO halo_cc;
