CREATE OR REPLACE FUNCTION core.lock_due(
    p_kind text, p_due refcursor, p_limit integer, p_with text[])
RETURNS uuid[]
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_id uuid;
    v_page uuid[];
    v_locked uuid[] := ARRAY[]::uuid[];
BEGIN
    LOOP
        v_page := ARRAY[]::uuid[];

        -- A page: as many as are still missing. The cursor goes on where the last page ended.
        WHILE cardinality(v_page) + cardinality(v_locked) < p_limit LOOP
            FETCH p_due INTO v_id;
            EXIT WHEN NOT FOUND;
            v_page := v_page || v_id;
        END LOOP;
        EXIT WHEN v_page = '{}';

        -- Lock what is free of it, without what failed a moment ago.
        v_page := ARRAY(
            SELECT unnest(v_page)
            EXCEPT
            SELECT failed.id FROM core.failed_deadlines AS failed
            WHERE failed.kind = p_kind AND failed.again_at > clock_timestamp());
        v_locked := v_locked || CASE
            WHEN p_with = '{mitra}' THEN core.lock_free_mitras(v_page)
            WHEN p_with <@ '{link,customer}'
                THEN core.lock_links(v_page, 'customer' = ANY (p_with))
            ELSE core.lock_whole(v_page, p_with) END;
    END LOOP;
    CLOSE p_due;
    RETURN ARRAY(
        SELECT DISTINCT locked.id FROM unnest(v_locked) AS locked (id) ORDER BY locked.id);
END
$$;

COMMENT ON FUNCTION core.lock_due(text, refcursor, integer, text[]) IS $$
Locks p_limit of the rows whose ids an open cursor gives, longest due first, and returns them. Busy
rows do not count, and neither do rows whose work of this kind failed a moment ago
(core.failed_deadlines): it reads on past them, so that any number of stuck rows hides no other
row. p_with: {mitra} for mitras, {link} or {link,customer} for payment requests, else for sessions,
as for core.lock_whole. Closes the cursor.
$$;
