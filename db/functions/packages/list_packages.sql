CREATE OR REPLACE FUNCTION api.list_packages(
    p_is_active boolean DEFAULT NULL,
    p_is_extension boolean DEFAULT NULL,
    p_limit integer DEFAULT 50,
    p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_before text[];
    v_packages core.price_packages[];
BEGIN
    PERFORM core.require_page(p_limit);

    -- Find a page and one row more: the row says that there is a next page.
    v_before := core.cursor_key(p_cursor, 'time', 'uuid');
    v_packages := ARRAY(
        SELECT package FROM core.price_packages AS package
        WHERE (p_is_active IS NULL OR package.is_active = p_is_active)
            AND (p_is_extension IS NULL OR package.is_extension = p_is_extension)
            AND (v_before IS NULL
                OR (package.created_at, package.id)
                    < (v_before[1]::timestamptz, v_before[2]::uuid))
        ORDER BY package.created_at DESC, package.id DESC LIMIT p_limit + 1);

    RETURN jsonb_build_object(
        'items', coalesce((
            SELECT jsonb_agg(
                core.package_details_json(package::core.price_packages)
                ORDER BY (package).created_at DESC, (package).id DESC)
            FROM unnest(v_packages[1:p_limit]) AS package), '[]'),
        'next_cursor', CASE WHEN cardinality(v_packages) > p_limit THEN core.cursor(
            core.instant((v_packages[p_limit]).created_at),
            (v_packages[p_limit]).id::text) END);
END
$$;

COMMENT ON FUNCTION api.list_packages(boolean, boolean, integer, text) IS $$
{items, next_cursor}: packages as the control centre sees them, newest first, p_limit (1 to 200) a
page; p_is_active and p_is_extension leave out the others. api.packages has what can be bought.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.list_packages(boolean, boolean, integer, text) TO halo_cc;
