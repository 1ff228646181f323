CREATE OR REPLACE FUNCTION core.refuse_replaced(p_package_id uuid)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_newest uuid := (core.newest_package(p_package_id)).id;
BEGIN
    IF v_newest <> p_package_id THEN
        PERFORM core.refuse('PACKAGE_REPLACED',
            format('This package was replaced by %s.', v_newest),
            'Use the newer package.', 'package_id', v_newest);
    END IF;
END
$$;

COMMENT ON FUNCTION core.refuse_replaced(uuid) IS $$
Refuses a package that was replaced, and names the newest one of its line.
Raises: PACKAGE_REPLACED 409, field package_id.
$$;
