CREATE OR REPLACE FUNCTION api.make_data_export(
    p_export_id uuid, p_limit integer, p_bytes integer DEFAULT 8388608)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_export core.data_exports;
    v_place record;
    v_parts bigint;
    v_former integer;
    v_most integer;
    v_rows jsonb;
    v_count integer;
    v_last text;
    v_is_full boolean;
BEGIN
    PERFORM core.require(
        'export_id', p_export_id::text, 'limit', p_limit::text, 'bytes', p_bytes::text);
    SELECT * INTO v_export FROM core.data_exports
    WHERE id = p_export_id AND ready_at IS NULL FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN false;
    END IF;

    -- Go on with the table that was begun, and then with the next ones, until p_limit rows are
    -- copied, or p_bytes of one table: rows may be long. By name, so that a release with other
    -- tables goes on with what an older one began. Each step finds its place in a table by looking
    -- at all that this person has there. So each part of a table has twice as many rows as the one
    -- before, up to 16 times p_limit.
    FOR v_place IN
        SELECT * FROM core.personal_places() AS place
        WHERE v_export.user_type = ANY (place.user_types) AND place.shown <> '{}'
            AND place.relation COLLATE "C" >= v_export.relation
        ORDER BY place.relation COLLATE "C"
    LOOP
        SELECT count(*) INTO v_parts
        FROM core.data_export_parts AS part WHERE part.export_id = p_export_id;
        v_former := (
            SELECT jsonb_array_length(part.rows) FROM core.data_export_parts AS part
            WHERE part.export_id = p_export_id AND part.number = v_parts - 1
                AND part.relation = v_place.relation);
        v_most := least(greatest(coalesce(2 * v_former, 0), p_limit), 16 * p_limit);
        EXECUTE core.place_statement(v_place.relation, v_place.shown, v_place.condition)
        INTO v_rows, v_count, v_last, v_is_full
        USING v_export.user_type, v_export.user_id,
            CASE WHEN v_place.relation = v_export.relation THEN v_export.after ELSE '' END, v_most,
            p_bytes;
        IF v_count > 0 THEN
            INSERT INTO core.data_export_parts (export_id, number, relation, rows)
            VALUES (p_export_id, v_parts, v_place.relation, v_rows);
        END IF;
        p_limit := p_limit - v_count;
        IF p_limit <= 0 OR v_is_full THEN
            UPDATE core.data_exports
            SET relation = v_place.relation, after = v_last, again_at = clock_timestamp()
            WHERE id = p_export_id;
            RETURN true;
        END IF;
    END LOOP;
    UPDATE core.data_exports SET ready_at = clock_timestamp() WHERE id = p_export_id;
    RETURN false;
END
$$;

COMMENT ON FUNCTION api.make_data_export(uuid, integer, integer) IS $$
Copies the next rows about a person into the export that was asked for, and says whether there are
more; without more it is ready. p_limit rows are a step; of a table with more rows later steps copy
up to 16 times as many, but none more than p_bytes (8 MiB) and a row. Each step is a transaction of
its own and sees what is there then. It can be called again at any point, and waits for nobody.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.make_data_export(uuid, integer, integer) TO halo_listener;
