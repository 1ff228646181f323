CREATE OR REPLACE TRIGGER _100_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON core.balance_entries
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_refuse_change(
    'Entries of a balance are only ever added.', 'Add one that makes up for it.');
