-- transactional: false
SET ROLE halo_owner;
DROP INDEX CONCURRENTLY IF EXISTS core.audit_log_of_subjects_changes;
DROP INDEX CONCURRENTLY IF EXISTS core.audit_log_of_actors_changes;
DROP INDEX CONCURRENTLY IF EXISTS core.audit_log_of_changes;
RESET ROLE;
