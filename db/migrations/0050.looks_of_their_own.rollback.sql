-- transactional: false
SET ROLE halo_owner;
DROP INDEX CONCURRENTLY IF EXISTS core.chat_sessions_searches_since;
DROP INDEX CONCURRENTLY IF EXISTS core.chat_sessions_open_customer;
RESET ROLE;
