CREATE OR REPLACE FUNCTION core.require_password_hash(p_password_hash text)
RETURNS void
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    IF p_password_hash !~ '^\$argon2id\$' THEN
        PERFORM core.refuse(
            'VALIDATION_ERROR', 'The password must come as an argon2id hash.',
            'Use halobestie create-admin.', 'password_hash');
    END IF;
END
$$;

COMMENT ON FUNCTION core.require_password_hash(text) IS $$
The hash is made by the caller, so that no password comes to the database. Raises: VALIDATION_ERROR
422, field password_hash, for anything but argon2id.
$$;
