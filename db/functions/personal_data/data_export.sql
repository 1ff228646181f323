CREATE OR REPLACE FUNCTION api.data_export(p_user_type text, p_user_id uuid)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_export jsonb;
    v_data jsonb;
    v_left_out jsonb := '{}'::jsonb;
BEGIN
    PERFORM core.require('user_type', p_user_type, 'user_id', p_user_id::text);
    v_export := core.data_export_json(p_user_type, p_user_id);
    IF v_export IS NULL THEN
        PERFORM core.refuse_unknown('export');
    END IF;
    IF v_export ->> 'state' = 'ready' THEN
        -- PostgreSQL makes no document over 256 MB, and the app should not hold one: the last parts
        -- are left out, the messages before all else, and how many rows they had is said.
        WITH part AS (
            SELECT relation, number, rows,
                sum(octet_length(rows::text)) OVER (
                    ORDER BY relation = 'chat_messages', number) <= 67108864 AS is_given
            FROM core.data_export_parts WHERE export_id = (v_export ->> 'id')::uuid
        ), given AS (
            SELECT part.relation, jsonb_agg(item.value ORDER BY part.number, item.n) AS rows
            FROM part
            CROSS JOIN LATERAL jsonb_array_elements(part.rows) WITH ORDINALITY AS item (value, n)
            WHERE part.is_given
            GROUP BY part.relation
        ), left_out AS (
            SELECT relation, sum(jsonb_array_length(rows)) AS count FROM part
            WHERE NOT is_given
            GROUP BY relation
        )
        SELECT coalesce((SELECT jsonb_object_agg(relation, rows) FROM given), '{}'),
            coalesce((SELECT jsonb_object_agg(relation, count) FROM left_out), '{}')
        INTO v_data, v_left_out;
    END IF;
    RETURN v_export || jsonb_build_object('data', v_data, 'left_out', v_left_out);
END
$$;

COMMENT ON FUNCTION api.data_export(text, uuid) IS $$
The state of one's own last export (pending, ready, expired), and when it is ready, for a day, data:
an array of rows for each table that has something of this person. It is bounded to 64 MiB; left_out
says how many rows of which table are not in it.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404 (none was asked for). Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.data_export(text, uuid) TO halo_app;
