CREATE OR REPLACE FUNCTION core.tg_chat_sessions__notify_pairing()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    IF EXISTS (SELECT FROM new_rows WHERE new_rows.status = 'searching') THEN
        PERFORM pg_notify('pairing', '');
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_chat_sessions__notify_pairing() IS 'A session wants a mitra.';

CREATE OR REPLACE TRIGGER _910_notify_pairing_insert
AFTER INSERT ON core.chat_sessions
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_chat_sessions__notify_pairing();

CREATE OR REPLACE TRIGGER _910_notify_pairing_update
AFTER UPDATE ON core.chat_sessions
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_chat_sessions__notify_pairing();
