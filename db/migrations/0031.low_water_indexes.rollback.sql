-- transactional: false
SET ROLE halo_owner;
DROP INDEX CONCURRENTLY IF EXISTS core.chat_sessions_searching;
DROP INDEX CONCURRENTLY IF EXISTS core.event_queue_of_recipient;
DROP INDEX CONCURRENTLY IF EXISTS core.event_queue_since;
RESET ROLE;
