CREATE OR REPLACE FUNCTION api.packages(p_customer_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
SELECT jsonb_build_object(
    'items', coalesce(jsonb_agg(
        core.package_json(package, CASE
            WHEN first.applies THEN coalesce(package.first_session_price, package.price)
            ELSE package.price END)
        ORDER BY package.is_extension, package.duration_minutes, package.price, package.id),
        '[]'),
    'next_cursor', NULL)
FROM core.price_packages AS package
CROSS JOIN (SELECT core.first_session_applies(p_customer_id) AS applies) AS first
WHERE package.is_active
$$;

COMMENT ON FUNCTION api.packages(uuid) IS $$
{items, next_cursor}: everything that can be bought, base packages first; at the first-session
price for a customer who pays that. Raises nothing.
$$;
GRANT EXECUTE ON FUNCTION api.packages(uuid) TO halo_app;
