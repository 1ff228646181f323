CREATE OR REPLACE FUNCTION core.package_json(p_package core.price_packages, p_price bigint)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
AS $$
SELECT jsonb_build_object(
    'id', p_package.id, 'name', p_package.name, 'duration_minutes', p_package.duration_minutes,
    'price', p_price, 'is_extension', p_package.is_extension,
    'is_first_session_discount', p_price < p_package.price)
$$;

COMMENT ON FUNCTION core.package_json(core.price_packages, bigint) IS
'A package as an app sees it, at the price that applies.';
