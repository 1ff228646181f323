-- transactional: false
-- depends: 0031.low_water
-- squawk-ignore-file ban-concurrent-index-creation-in-transaction
SET ROLE halo_owner;
UPDATE core.event_queue SET xid = '0' WHERE xid IS NULL;
SET lock_timeout = '10min';
DROP INDEX CONCURRENTLY IF EXISTS core.event_queue_since;
CREATE INDEX CONCURRENTLY event_queue_since ON core.event_queue (xid);
DROP INDEX CONCURRENTLY IF EXISTS core.event_queue_of_recipient;
CREATE INDEX CONCURRENTLY event_queue_of_recipient ON core.event_queue (recipient, xid);
-- A search that waits for answers to its offers may wait for a mitra again: the low-water mark counts both.
DROP INDEX CONCURRENTLY IF EXISTS core.chat_sessions_searching;
CREATE INDEX CONCURRENTLY chat_sessions_searching ON core.chat_sessions ((coalesce(search_began_at, created_at)), id)
    WHERE status IN ('searching', 'pending_acceptance');
RESET lock_timeout;
RESET ROLE;
