SET LOCAL ROLE halo_owner;

-- Two steps, so that rows from before keep null: nobody wrote down who was logged in then.
ALTER TABLE core.audit_log ADD COLUMN database_role text;
ALTER TABLE core.audit_log ALTER COLUMN database_role SET DEFAULT session_user;
COMMENT ON COLUMN core.audit_log.database_role IS
'The role that was logged in to the database, whatever actor the caller named; null in rows from before it was kept.';

RESET ROLE;
