CREATE OR REPLACE FUNCTION core.tg_app_config__validate()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.check_config_value(NEW.key, NEW.value);
    IF TG_OP = 'UPDATE' AND NEW IS DISTINCT FROM OLD THEN
        NEW.updated_at := clock_timestamp();
        IF NEW.value IS DISTINCT FROM OLD.value THEN
            INSERT INTO core.audit_log (actor, action, subject, before, after, request_id, reason)
            VALUES (
                NEW.updated_by, 'config.update', NEW.key, OLD.value, NEW.value,
                nullif(current_setting('halobestie.request_id', true), ''), core.reason());
        END IF;
    END IF;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION core.tg_app_config__validate() IS $$
Nothing writes a value that its key does not allow. Each change is audited.
$$;

CREATE OR REPLACE TRIGGER _100_validate
BEFORE INSERT OR UPDATE ON core.app_config
FOR EACH ROW EXECUTE FUNCTION core.tg_app_config__validate();
