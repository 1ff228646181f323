CREATE OR REPLACE FUNCTION core.tg_pairing_offers__notify_deadlines()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.notify_if_near(min(new_rows.expires_at)) FROM new_rows
    WHERE new_rows.status = 'offered';
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_pairing_offers__notify_deadlines() IS $$
An offer was made that ends soon.
$$;

CREATE OR REPLACE TRIGGER _920_notify_deadlines
AFTER INSERT ON core.pairing_offers
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_pairing_offers__notify_deadlines();
