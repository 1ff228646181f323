CREATE OR REPLACE FUNCTION core.tg_mitra_reroutes__notify_deadlines()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.notify_if_near(min(new_rows.due_at)) FROM new_rows;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_mitra_reroutes__notify_deadlines() IS $$
Sessions are due to be moved at once.
$$;

CREATE OR REPLACE TRIGGER _920_notify_deadlines
AFTER INSERT ON core.mitra_reroutes
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_mitra_reroutes__notify_deadlines();
