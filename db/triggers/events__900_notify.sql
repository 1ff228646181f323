CREATE OR REPLACE FUNCTION core.tg_events__notify()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    IF EXISTS (SELECT FROM new_rows) THEN
        PERFORM pg_notify('events', '');
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_events__notify() IS $$
The doorbell: something is in the outbox. PostgreSQL folds it to one a transaction; a statement
without events rings nothing.
$$;

CREATE OR REPLACE TRIGGER _900_notify
AFTER INSERT ON core.events
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_events__notify();
