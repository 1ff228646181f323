CREATE OR REPLACE FUNCTION api.list_roles(
    p_limit integer DEFAULT 50, p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_after uuid;
    v_roles core.roles[];
BEGIN
    PERFORM core.require_page(p_limit);
    v_after := (core.cursor_key(p_cursor, 'uuid'))[1]::uuid;
    v_roles := ARRAY(
        SELECT role FROM core.roles AS role
        WHERE v_after IS NULL OR role.id > v_after
        ORDER BY role.id LIMIT p_limit + 1);
    RETURN jsonb_build_object(
        'items', coalesce((
            SELECT jsonb_agg(core.role_json(role::core.roles) ORDER BY (role).id)
            FROM unnest(v_roles[1:p_limit]) AS role), '[]'),
        'next_cursor', CASE WHEN cardinality(v_roles) > p_limit
            THEN core.cursor((v_roles[p_limit]).id::text) END);
END
$$;

COMMENT ON FUNCTION api.list_roles(integer, text) IS $$
{items, next_cursor}: the roles of the control centre by id, p_limit (1 to 200) a page, with how
many users each has.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.list_roles(integer, text) TO halo_cc;
