-- transactional: false
-- depends: 0047.passed_mitras
-- squawk-ignore-file ban-concurrent-index-creation-in-transaction
-- Outside a transaction, so it may stop half way: what is there is made again. Nobody waits behind these locks, so they may take long.
SET ROLE halo_owner;
SET lock_timeout = '10min';
DROP INDEX CONCURRENTLY IF EXISTS core.audit_log_of_changes;
CREATE INDEX CONCURRENTLY audit_log_of_changes ON core.audit_log (at, id) WHERE action <> 'pii.read';
DROP INDEX CONCURRENTLY IF EXISTS core.audit_log_of_actors_changes;
CREATE INDEX CONCURRENTLY audit_log_of_actors_changes ON core.audit_log (actor, at, id) WHERE action <> 'pii.read';
DROP INDEX CONCURRENTLY IF EXISTS core.audit_log_of_subjects_changes;
CREATE INDEX CONCURRENTLY audit_log_of_subjects_changes ON core.audit_log (subject, at, id) WHERE action <> 'pii.read';
RESET lock_timeout;
RESET ROLE;
