CREATE OR REPLACE TRIGGER _100_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON core.mitra_earnings
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_refuse_change(
    'Earnings are only ever added.', 'Add one that makes up for it.');
