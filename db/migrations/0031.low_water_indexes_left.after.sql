-- transactional: false
-- depends: 0031.low_water_indexes
-- event_queue_of_recipient and chat_sessions_searching find what these found.
SET ROLE halo_owner;
SET lock_timeout = '10min';
DROP INDEX CONCURRENTLY IF EXISTS core.event_queue_recipient;
DROP INDEX CONCURRENTLY IF EXISTS core.chat_sessions_searches;
RESET lock_timeout;
RESET ROLE;
