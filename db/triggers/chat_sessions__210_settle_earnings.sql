CREATE OR REPLACE FUNCTION core.tg_chat_sessions__settle_earnings()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_ended uuid[] := ARRAY(
        SELECT new_rows.id FROM old_rows JOIN new_rows USING (id)
        WHERE new_rows.mitra_share_percent IS NOT NULL
            AND core.is_open(old_rows.status) AND NOT core.is_open(new_rows.status));
BEGIN
    IF v_ended <> '{}' THEN
        PERFORM core.settle_earnings(v_ended);
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_chat_sessions__settle_earnings() IS $$
A session that started is over: what it keeps is shared by its mitras.
$$;

CREATE OR REPLACE TRIGGER _210_settle_earnings
AFTER UPDATE ON core.chat_sessions
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_chat_sessions__settle_earnings();
