CREATE OR REPLACE FUNCTION ops.personal_data(p_user_id uuid)
RETURNS TABLE (relation text, columns text[], row_count bigint, kept text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_user_type text;
    v_place record;
BEGIN
    -- Find whose id it is, then count in every place of such a user.
    SELECT person.user_type INTO v_user_type
    FROM (
        SELECT 'customer' AS user_type FROM core.customers AS customer
        WHERE customer.id = p_user_id
        UNION ALL
        SELECT 'mitra' FROM core.mitras AS mitra WHERE mitra.id = p_user_id
        UNION ALL
        SELECT 'cc' FROM core.control_center_users AS cc_user WHERE cc_user.id = p_user_id
    ) AS person;
    FOR v_place IN
        SELECT * FROM core.personal_places() AS place WHERE v_user_type = ANY (place.user_types)
    LOOP
        relation := 'core.' || v_place.relation;
        columns := v_place.shown || v_place.kept_back;
        kept := v_place.kept;
        EXECUTE format('SELECT count(*) FROM core.%I AS place WHERE %s',
            v_place.relation, v_place.condition) INTO row_count USING v_user_type, p_user_id;
        IF row_count > 0 THEN
            RETURN NEXT;
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION ops.personal_data(uuid) IS $$
Where the data of a customer, mitra or control centre user lie, for a breach notice: each table and
its columns, how many rows of it are about this person, and for how long they are kept. Reports and
blocks by others about this person count, which the export of one's own data lacks. It counts, and
shows nothing of them. No row for an id that does not exist. It reads much: not every second.
Raises nothing.
$$;
