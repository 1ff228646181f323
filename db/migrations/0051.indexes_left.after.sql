-- transactional: false
-- depends: 0050.looks_of_their_own
-- chat_sessions_searches_since and chat_sessions_open_customer take the place of the first two. The offers of a session are found by the unique key
-- (session_id, round, mitra_id): core.status_is says why.
SET ROLE halo_owner;
SET lock_timeout = '10min';
DROP INDEX CONCURRENTLY IF EXISTS core.chat_sessions_searching;
DROP INDEX CONCURRENTLY IF EXISTS core.chat_sessions_one_open;
DROP INDEX CONCURRENTLY IF EXISTS core.pairing_offers_live;
RESET lock_timeout;
RESET ROLE;
