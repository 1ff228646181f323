CREATE OR REPLACE FUNCTION api.data_export(p_user_type text, p_user_id uuid)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_export jsonb;
    v_data jsonb;
BEGIN
    PERFORM core.require('user_type', p_user_type, 'user_id', p_user_id::text);
    v_export := core.data_export_json(p_user_type, p_user_id);
    IF v_export IS NULL THEN
        PERFORM core.refuse_unknown('export');
    END IF;
    IF v_export ->> 'state' = 'ready' THEN
        SELECT coalesce(jsonb_object_agg(copied.relation, copied.rows), '{}') INTO v_data
        FROM (
            SELECT part.relation, jsonb_agg(item.value ORDER BY part.number, item.n) AS rows
            FROM core.data_export_parts AS part
            CROSS JOIN LATERAL jsonb_array_elements(part.rows) WITH ORDINALITY AS item (value, n)
            WHERE part.export_id = (v_export ->> 'id')::uuid
            GROUP BY part.relation
        ) AS copied;
    END IF;
    RETURN v_export || jsonb_build_object('data', v_data);
END
$$;

COMMENT ON FUNCTION api.data_export(text, uuid) IS $$
The state of one's own last export (pending, ready, expired), and when it is ready, for a day, data:
an array of rows for each table that has something of this person.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404 (none was asked for). Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.data_export(text, uuid) TO halo_app;
