CREATE OR REPLACE TRIGGER _920_notify_deadlines
AFTER INSERT ON core.pairing_offers
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_notify_expiry('offered');
