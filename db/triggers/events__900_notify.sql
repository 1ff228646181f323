CREATE OR REPLACE FUNCTION core.tg_events__notify()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM pg_notify('events', '');
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_events__notify() IS 'The doorbell: something is in the outbox. Folded to one a transaction.';

CREATE OR REPLACE TRIGGER _900_notify
AFTER INSERT ON core.events
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_events__notify();
