CREATE OR REPLACE FUNCTION core.lock_roles()
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    PERFORM FROM core.roles ORDER BY id FOR NO KEY UPDATE;
END
$$;

COMMENT ON FUNCTION core.lock_roles() IS $$
The one lock under which rights are judged and changed: all roles, before users of the control
centre and their logins.
$$;
