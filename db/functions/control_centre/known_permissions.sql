CREATE OR REPLACE FUNCTION core.known_permissions(p_permissions jsonb)
RETURNS jsonb
LANGUAGE plpgsql STABLE STRICT
AS $$
DECLARE
    v_unknown text;
BEGIN
    -- Judge the form, then each permission by name.
    IF jsonb_typeof(p_permissions) <> 'object' OR EXISTS (
        SELECT FROM jsonb_each(p_permissions) AS area WHERE jsonb_typeof(area.value) <> 'array')
    THEN
        PERFORM core.refuse('VALIDATION_ERROR', 'Permissions are written {"resource": ["action"]}.',
            'Look at those of another role.', 'permissions');
    END IF;
    SELECT string_agg(area.key || ':' || action.name, ', ' ORDER BY area.key, action.name)
    INTO v_unknown
    FROM jsonb_each(p_permissions) AS area, jsonb_array_elements_text(area.value) AS action (name)
    WHERE NOT coalesce(core.all_permissions() -> area.key ? action.name, false);
    IF v_unknown IS NOT NULL THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            format('There is no permission %s.', left(v_unknown, 200)),
            'The permissions of super_admin are all there are.', 'permissions');
    END IF;

    -- In one spelling: each action once, in the order of core.all_permissions, nothing empty.
    RETURN coalesce((
        SELECT jsonb_object_agg(area.key, actions.names)
        FROM jsonb_each(core.all_permissions()) AS area
        CROSS JOIN LATERAL (
            SELECT jsonb_agg(action.name ORDER BY action.place) AS names
            FROM jsonb_array_elements_text(area.value) WITH ORDINALITY AS action (name, place)
            WHERE p_permissions -> area.key ? action.name
        ) AS actions
        WHERE actions.names IS NOT NULL), '{}');
END
$$;

COMMENT ON FUNCTION core.known_permissions(jsonb) IS $$
The permissions of a role as they are kept: {resource: [action, …]}, each once; null for null.
Raises: VALIDATION_ERROR 422, which names those that there are not.
$$;
