CREATE OR REPLACE FUNCTION api.packages(
    p_customer_id uuid DEFAULT NULL,
    p_limit integer DEFAULT NULL,
    p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.page_of(
    jsonb_agg(
        core.package_json(package, CASE
            WHEN first.applies THEN coalesce(package.first_session_price, package.price)
            ELSE package.price END)
        ORDER BY package.is_extension, package.duration_minutes, package.price, package.id),
    p_limit, p_cursor)
FROM core.price_packages AS package
CROSS JOIN (SELECT core.first_session_applies(p_customer_id) AS applies) AS first
WHERE package.is_active
$$;

COMMENT ON FUNCTION api.packages(uuid, integer, text) IS $$
{items, next_cursor}: everything that can be bought, base packages first; at the first-session
price for a customer who pays that; p_limit (1 to 200, null = all) a page.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.packages(uuid, integer, text) TO halo_app;
