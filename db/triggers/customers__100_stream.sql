CREATE OR REPLACE FUNCTION core.tg_customers__stream()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    INSERT INTO core.event_streams (recipient, last_seq)
    SELECT 'customer:' || new_rows.id, 0 FROM new_rows ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_customers__stream() IS $$
Every customer has a stream of events from the first moment, so that due work can lock it or pass
over it.
$$;

CREATE OR REPLACE TRIGGER _100_stream
AFTER INSERT ON core.customers
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_customers__stream();
