CREATE OR REPLACE FUNCTION core.require_within_own_rights(
    p_actor_id uuid, VARIADIC p_permissions jsonb[])
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_lacking text;
BEGIN
    SELECT string_agg(area.key || ':' || action.name, ', ' ORDER BY area.key, action.place)
    INTO v_lacking
    FROM jsonb_each(core.all_permissions()) AS area,
        jsonb_array_elements_text(area.value) WITH ORDINALITY AS action (name, place)
    WHERE p_actor_id IS NOT NULL
        AND EXISTS (
            SELECT FROM unnest(p_permissions) AS asked (permissions)
            WHERE asked.permissions -> area.key ? action.name)
        AND NOT core.may(p_actor_id, area.key, action.name);
    IF v_lacking IS NOT NULL THEN
        PERFORM core.refuse('FORBIDDEN',
            format('Nobody gives or takes rights that they do not have: %s.', v_lacking),
            'Ask somebody who has them.');
    END IF;
END
$$;

COMMENT ON FUNCTION core.require_within_own_rights(uuid, jsonb[]) IS $$
Under core.lock_rights: whether the actor has each of p_permissions: those that a role or a user
gets, and those that it has now. So nobody makes themselves, or somebody whose password they know,
stronger than they are. null is a DBA, who may; a null among p_permissions is nothing.
Raises: FORBIDDEN 403, which names what the actor lacks.
$$;
