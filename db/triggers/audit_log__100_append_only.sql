CREATE OR REPLACE FUNCTION core.tg_audit_log__append_only()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.refuse(
        'INVALID_STATE', 'The audit log is only ever added to.', 'Leave it as it is.');
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_audit_log__append_only() IS 'What was done stays written.';

CREATE OR REPLACE TRIGGER _100_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON core.audit_log
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_audit_log__append_only();
