CREATE OR REPLACE FUNCTION api.list_cc_users(
    p_role text DEFAULT NULL,
    p_is_active boolean DEFAULT NULL,
    p_limit integer DEFAULT 50,
    p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_after uuid;
    v_ids uuid[];
BEGIN
    PERFORM core.require_page(p_limit);
    v_after := (core.cursor_key(p_cursor, 'uuid'))[1]::uuid;
    v_ids := ARRAY(
        SELECT cc_user.id FROM core.control_center_users AS cc_user
        JOIN core.roles AS role ON role.id = cc_user.role_id
        WHERE (v_after IS NULL OR cc_user.id > v_after)
            AND (p_role IS NULL OR role.name = p_role)
            AND (p_is_active IS NULL OR cc_user.is_active = p_is_active)
        ORDER BY cc_user.id LIMIT p_limit + 1);
    RETURN jsonb_build_object(
        'items', coalesce((
            SELECT jsonb_agg(core.cc_user_json(id) ORDER BY id)
            FROM unnest(v_ids[1:p_limit]) AS cc_user (id)), '[]'),
        'next_cursor', CASE WHEN cardinality(v_ids) > p_limit
            THEN core.cursor(v_ids[p_limit]::text) END);
END
$$;

COMMENT ON FUNCTION api.list_cc_users(text, boolean, integer, text) IS $$
{items, next_cursor}: the users of the control centre by id, those of one role or all, active,
switched off or both, p_limit (1 to 200) a page.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.list_cc_users(text, boolean, integer, text) TO halo_cc;
