CREATE OR REPLACE FUNCTION core.tg_mitras__notify_mirror()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM core.recount_mitras(ARRAY(SELECT new_rows.id FROM new_rows));
    ELSIF TG_OP = 'DELETE' THEN
        -- Nothing is left to recount, so the ids are told: 200 a payload, as core.recount_mitras.
        PERFORM pg_notify('mitra_mirror', string_agg(part.id::text, ','))
        FROM (SELECT old_rows.id, row_number() OVER () AS position FROM old_rows) AS part
        GROUP BY (part.position - 1) / 200;
    ELSE
        PERFORM core.recount_mitras(ARRAY(
            SELECT new_rows.id FROM old_rows JOIN new_rows USING (id)
            WHERE (old_rows.is_active, old_rows.max_sessions)
                IS DISTINCT FROM (new_rows.is_active, new_rows.max_sessions)
        ));
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_mitras__notify_mirror() IS $$
A mitra that is new or removed, was activated or deactivated, or has another maximum, reaches the
mirror.
$$;

CREATE OR REPLACE TRIGGER _900_notify_mirror_insert
AFTER INSERT ON core.mitras
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_mitras__notify_mirror();

CREATE OR REPLACE TRIGGER _900_notify_mirror_update
AFTER UPDATE ON core.mitras
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_mitras__notify_mirror();

CREATE OR REPLACE TRIGGER _900_notify_mirror_delete
AFTER DELETE ON core.mitras
REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_mitras__notify_mirror();
