CREATE OR REPLACE FUNCTION core.tg_mitra_online_status__notify_mirror()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.recount_mitras(ARRAY(
        SELECT new_rows.mitra_id FROM old_rows JOIN new_rows USING (mitra_id)
        WHERE (old_rows.is_online, old_rows.last_online_at)
            IS DISTINCT FROM (new_rows.is_online, new_rows.last_online_at)
    ));
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_mitra_online_status__notify_mirror() IS $$
A mitra that went online or offline, or whose last_online_at changed, is recounted, which locks the
mitra; a copied heartbeat is quiet.
$$;

CREATE OR REPLACE TRIGGER _900_notify_mirror
AFTER UPDATE ON core.mitra_online_status
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_mitra_online_status__notify_mirror();
