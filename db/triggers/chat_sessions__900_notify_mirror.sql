CREATE OR REPLACE FUNCTION core.tg_chat_sessions__notify_mirror()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM core.recount_mitras(ARRAY(
            SELECT new_rows.mitra_id FROM new_rows WHERE core.holds_slot(new_rows.status)));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM core.recount_mitras(ARRAY(
            SELECT old_rows.mitra_id FROM old_rows WHERE core.holds_slot(old_rows.status)));
    ELSE
        -- The mitra that had the slot and the mitra that has it now are counted, when they differ.
        PERFORM core.recount_mitras(ARRAY(
            SELECT slot.mitra_id
            FROM old_rows JOIN new_rows USING (id)
            CROSS JOIN LATERAL (VALUES
                (CASE WHEN core.holds_slot(old_rows.status) THEN old_rows.mitra_id END),
                (CASE WHEN core.holds_slot(new_rows.status) THEN new_rows.mitra_id END)
            ) AS slot (mitra_id)
            WHERE CASE WHEN core.holds_slot(old_rows.status) THEN old_rows.mitra_id END
                IS DISTINCT FROM
                CASE WHEN core.holds_slot(new_rows.status) THEN new_rows.mitra_id END
        ));
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_chat_sessions__notify_mirror() IS $$
A slot taken or freed recounts its mitra, once a statement. Any other change is quiet.
$$;

CREATE OR REPLACE TRIGGER _900_notify_mirror_insert
AFTER INSERT ON core.chat_sessions
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_chat_sessions__notify_mirror();

CREATE OR REPLACE TRIGGER _900_notify_mirror_update
AFTER UPDATE ON core.chat_sessions
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_chat_sessions__notify_mirror();

CREATE OR REPLACE TRIGGER _900_notify_mirror_delete
AFTER DELETE ON core.chat_sessions
REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_chat_sessions__notify_mirror();
