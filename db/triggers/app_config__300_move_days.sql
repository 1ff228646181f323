CREATE OR REPLACE FUNCTION core.tg_app_config__move_days()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.move_days(OLD.value #>> '{}', NEW.value #>> '{}');
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_app_config__move_days() IS $$
When the day of business begins elsewhere, the days of the figures do so with it, in one
transaction.
$$;

CREATE OR REPLACE TRIGGER _300_move_days
AFTER UPDATE ON core.app_config
FOR EACH ROW WHEN (
    new.key = 'business_time_zone' AND old.value IS DISTINCT FROM new.value
)
EXECUTE FUNCTION core.tg_app_config__move_days();
