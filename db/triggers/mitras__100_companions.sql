CREATE OR REPLACE FUNCTION core.tg_mitras__companions()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    INSERT INTO core.mitra_online_status (mitra_id)
    SELECT new_rows.id FROM new_rows ON CONFLICT DO NOTHING;
    INSERT INTO core.mitra_loads (mitra_id)
    SELECT new_rows.id FROM new_rows ON CONFLICT DO NOTHING;
    INSERT INTO core.event_streams (recipient, last_seq)
    SELECT 'mitra:' || new_rows.id, 0 FROM new_rows ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_mitras__companions() IS $$
Every mitra has a status, a load and a stream of events from the first moment, however it was
inserted.
$$;

CREATE OR REPLACE TRIGGER _100_companions
AFTER INSERT ON core.mitras
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_mitras__companions();
