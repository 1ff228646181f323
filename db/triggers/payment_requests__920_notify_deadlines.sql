CREATE OR REPLACE FUNCTION core.tg_payment_requests__notify_deadlines()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.notify_if_near(min(new_rows.expires_at)) FROM new_rows
    WHERE new_rows.status = 'pending';
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_payment_requests__notify_deadlines() IS $$
A payment link was made that ends soon.
$$;

CREATE OR REPLACE TRIGGER _920_notify_deadlines
AFTER INSERT ON core.payment_requests
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_payment_requests__notify_deadlines();
