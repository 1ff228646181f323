CREATE OR REPLACE FUNCTION core.tg_app_config__notify()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM pg_notify('config', string_agg(new_rows.key, ',')) FROM new_rows HAVING count(*) > 0;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_app_config__notify() IS 'Rings config with the keys that were written.';

CREATE OR REPLACE TRIGGER _900_notify
AFTER UPDATE ON core.app_config
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_app_config__notify();
