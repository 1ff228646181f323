CREATE OR REPLACE FUNCTION core.package_details_json(p_package core.price_packages)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT jsonb_build_object(
    'id', p_package.id,
    'name', p_package.name,
    'duration_minutes', p_package.duration_minutes,
    'price', p_package.price,
    'first_session_price', p_package.first_session_price,
    'is_extension', p_package.is_extension,
    'is_active', p_package.is_active,
    'replaces', p_package.replaces,
    'replaced_by', (
        SELECT next.id FROM core.price_packages AS next WHERE next.replaces = p_package.id),
    'version', p_package.version,
    'created_at', core.instant(p_package.created_at))
$$;

COMMENT ON FUNCTION core.package_details_json(core.price_packages) IS $$
A package as the control centre sees it: with the package that it replaces, and the one that
replaced it.
$$;
