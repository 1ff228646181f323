-- transactional: false
-- depends: 0020.failed_deadlines
-- squawk-ignore-file ban-concurrent-index-creation-in-transaction
-- Outside a transaction, so it may stop half way: what is there is made again. Nobody waits behind these locks, so they may take long.
SET ROLE halo_owner;
SET lock_timeout = '10min';
DROP INDEX CONCURRENTLY IF EXISTS core.audit_log_of_subject;
CREATE INDEX CONCURRENTLY audit_log_of_subject ON core.audit_log (subject, at, id);
DROP INDEX CONCURRENTLY IF EXISTS core.audit_log_of_actor;
CREATE INDEX CONCURRENTLY audit_log_of_actor ON core.audit_log (actor, at, id);
DROP INDEX CONCURRENTLY IF EXISTS core.audit_log_of_action;
CREATE INDEX CONCURRENTLY audit_log_of_action ON core.audit_log (action, at, id);
RESET lock_timeout;
RESET ROLE;
