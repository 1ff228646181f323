CREATE OR REPLACE FUNCTION core.tg_session_extensions__notify_deadlines()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.notify_if_near(min(new_rows.expires_at)) FROM new_rows;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_session_extensions__notify_deadlines() IS $$
An answer to an extension is due soon.
$$;

CREATE OR REPLACE TRIGGER _920_notify_deadlines
AFTER INSERT ON core.session_extensions
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_session_extensions__notify_deadlines();
