CREATE OR REPLACE TRIGGER _100_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON core.audit_log
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_refuse_change(
    'The audit log is only ever added to.', 'Leave it as it is.');
