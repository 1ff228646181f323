CREATE OR REPLACE FUNCTION core.tg_customer_transactions__append_only()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.refuse(
        'INVALID_STATE', 'Transactions are only ever added.', 'Add one that makes up for it.');
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_customer_transactions__append_only() IS $$
The ledger of money is never rewritten.
$$;

CREATE OR REPLACE TRIGGER _100_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON core.customer_transactions
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_customer_transactions__append_only();
