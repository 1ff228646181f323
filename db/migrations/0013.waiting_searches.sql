-- transactional: false
-- squawk-ignore-file ban-concurrent-index-creation-in-transaction
-- Outside a transaction, so it may stop half way: what is there is made again. Nobody waits behind this lock, so it may take long.
SET ROLE halo_owner;
SET lock_timeout = '10min';
DROP INDEX CONCURRENTLY IF EXISTS core.chat_sessions_searches;
CREATE INDEX CONCURRENTLY chat_sessions_searches ON core.chat_sessions ((coalesce(search_began_at, created_at)), id) WHERE status = 'searching';
RESET lock_timeout;
RESET ROLE;
