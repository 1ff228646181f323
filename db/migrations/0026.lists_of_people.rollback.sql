-- transactional: false
SET ROLE halo_owner;
DROP INDEX CONCURRENTLY IF EXISTS core.pairing_failures_of_customer;
DROP INDEX CONCURRENTLY IF EXISTS core.pairing_failures_of_cause;
DROP INDEX CONCURRENTLY IF EXISTS core.chat_sessions_unpaired;
DROP INDEX CONCURRENTLY IF EXISTS core.customers_deleted;
DROP INDEX CONCURRENTLY IF EXISTS core.customers_known;
DROP INDEX CONCURRENTLY IF EXISTS core.customers_recent;
DROP INDEX CONCURRENTLY IF EXISTS core.mitra_online_status_offline;
DROP INDEX CONCURRENTLY IF EXISTS core.mitras_inactive;
DROP INDEX CONCURRENTLY IF EXISTS core.mitras_words;
RESET ROLE;
