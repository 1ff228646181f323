CREATE OR REPLACE FUNCTION core.tg_chat_sessions__notify_deadlines()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.notify_if_near(min(CASE new_rows.status
        WHEN 'searching' THEN new_rows.pairing_deadline
        WHEN 'active' THEN new_rows.expires_at
        WHEN 'closing' THEN new_rows.closing_ends_at END)) FROM new_rows;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_chat_sessions__notify_deadlines() IS $$
A session has a deadline that is near.
$$;

CREATE OR REPLACE TRIGGER _920_notify_deadlines_insert
AFTER INSERT ON core.chat_sessions
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_chat_sessions__notify_deadlines();

CREATE OR REPLACE TRIGGER _920_notify_deadlines_update
AFTER UPDATE ON core.chat_sessions
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_chat_sessions__notify_deadlines();
