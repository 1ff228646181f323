CREATE OR REPLACE FUNCTION core.lock_package(p_package_id uuid, p_version integer)
RETURNS core.price_packages
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_package core.price_packages;
BEGIN
    PERFORM core.require('package_id', p_package_id::text);
    SELECT * INTO v_package FROM core.price_packages WHERE id = p_package_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('package');
    END IF;
    PERFORM core.require_version(v_package.name, p_version, v_package.version);
    RETURN v_package;
END
$$;

COMMENT ON FUNCTION core.lock_package(uuid, integer) IS $$
Locks a package for a change, and compares its version; null = not compared. Buying reads packages
without a lock, so no customer waits for an operator.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, VERSION_MISMATCH 412.
$$;
