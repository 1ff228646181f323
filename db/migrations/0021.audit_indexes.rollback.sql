-- transactional: false
SET ROLE halo_owner;
DROP INDEX CONCURRENTLY IF EXISTS core.audit_log_of_action;
DROP INDEX CONCURRENTLY IF EXISTS core.audit_log_of_actor;
DROP INDEX CONCURRENTLY IF EXISTS core.audit_log_of_subject;
RESET ROLE;
