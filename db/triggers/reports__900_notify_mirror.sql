CREATE OR REPLACE FUNCTION core.tg_reports__notify_mirror()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM core.recount_mitras(ARRAY(
            SELECT new_rows.mitra_id FROM new_rows
            WHERE new_rows.party = 'customer' AND new_rows.had_started));
    ELSE
        PERFORM core.recount_mitras(ARRAY(
            SELECT new_rows.mitra_id FROM old_rows JOIN new_rows USING (id)
            WHERE new_rows.party = 'customer'
                AND (old_rows.status = 'open' AND old_rows.had_started)
                    <> (new_rows.status = 'open' AND new_rows.had_started)));
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_reports__notify_mirror() IS $$
A report that counts against a mitra, or does so no more, recounts the mitra.
$$;

CREATE OR REPLACE TRIGGER _900_notify_mirror_insert
AFTER INSERT ON core.reports
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_reports__notify_mirror();

CREATE OR REPLACE TRIGGER _900_notify_mirror_update
AFTER UPDATE ON core.reports
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_reports__notify_mirror();
