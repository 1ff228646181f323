CREATE OR REPLACE TRIGGER _100_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON core.customer_transactions
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_refuse_change(
    'Transactions are only ever added.', 'Add one that makes up for it.');
