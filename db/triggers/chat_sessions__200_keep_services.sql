CREATE OR REPLACE FUNCTION core.tg_chat_sessions__keep_services()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    INSERT INTO core.session_services AS known (session_id, mitra_id, seconds)
    SELECT new_rows.id, served.mitra_id, served.seconds
    FROM old_rows JOIN new_rows USING (id)
    CROSS JOIN LATERAL core.served_seconds(new_rows) AS served
    WHERE old_rows.status IN ('active', 'extending')
        AND new_rows.status NOT IN ('active', 'extending')
    ON CONFLICT (session_id, mitra_id) DO UPDATE SET seconds = excluded.seconds
    WHERE known.seconds <> excluded.seconds;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_chat_sessions__keep_services() IS $$
A session that stops running keeps how long each of its mitras served it.
$$;

CREATE OR REPLACE TRIGGER _200_keep_services
AFTER UPDATE ON core.chat_sessions
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_chat_sessions__keep_services();
