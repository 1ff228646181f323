CREATE OR REPLACE FUNCTION api.list_mitras(
    p_limit integer DEFAULT 50, p_cursor text DEFAULT NULL, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_ids uuid[];
    v_after uuid;
BEGIN
    PERFORM core.require_page(p_limit);
    v_after := (core.cursor_key(p_cursor, 'uuid'))[1]::uuid;
    v_ids := ARRAY(
        SELECT id FROM core.mitras
        WHERE v_after IS NULL OR id > v_after
        ORDER BY id LIMIT p_limit + 1);
    PERFORM core.audit_reading(p_actor_id, 'mitras', v_ids[1:p_limit]);
    RETURN jsonb_build_object(
        'items', coalesce((
            SELECT jsonb_agg(core.mitra_json(id, p_actor_id) ORDER BY id)
            FROM unnest(v_ids[1:p_limit]) AS mitra (id)), '[]'),
        'next_cursor', CASE WHEN cardinality(v_ids) > p_limit
            THEN core.cursor(v_ids[p_limit]::text) END);
END
$$;

COMMENT ON FUNCTION api.list_mitras(integer, text, uuid) IS $$
{items, next_cursor}: mitras by id, p_limit (1 to 200) a page; phones masked for an actor without
pii:read. Showing them is written into the audit log.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.list_mitras(integer, text, uuid) TO halo_cc;
