SET LOCAL ROLE halo_owner;
ALTER TABLE core.audit_log DROP COLUMN database_role CASCADE;
RESET ROLE;
