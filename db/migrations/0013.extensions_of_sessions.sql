-- transactional: false
-- squawk-ignore-file ban-concurrent-index-creation-in-transaction
-- Outside a transaction, so it may stop half way: what is there is made again. Nobody waits behind this lock, so it may take long.
SET ROLE halo_owner;
SET lock_timeout = '10min';
DROP INDEX CONCURRENTLY IF EXISTS core.session_extensions_of_session;
CREATE INDEX CONCURRENTLY session_extensions_of_session ON core.session_extensions (session_id);
RESET lock_timeout;
RESET ROLE;
