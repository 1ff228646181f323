-- transactional: false
-- depends: 0025.operators
-- squawk-ignore-file ban-concurrent-index-creation-in-transaction
-- Outside a transaction, so it may stop half way: what is there is made again. Nobody waits behind these locks, so they may take long.
SET ROLE halo_owner;
SET lock_timeout = '10min';
DROP INDEX CONCURRENTLY IF EXISTS core.mitras_words;
CREATE INDEX CONCURRENTLY mitras_words ON core.mitras USING gin (to_tsvector('pg_catalog.simple', display_name));
DROP INDEX CONCURRENTLY IF EXISTS core.mitras_inactive;
CREATE INDEX CONCURRENTLY mitras_inactive ON core.mitras (id) WHERE NOT is_active;
DROP INDEX CONCURRENTLY IF EXISTS core.mitra_online_status_offline;
CREATE INDEX CONCURRENTLY mitra_online_status_offline ON core.mitra_online_status (mitra_id) WHERE NOT is_online;
DROP INDEX CONCURRENTLY IF EXISTS core.customers_recent;
CREATE INDEX CONCURRENTLY customers_recent ON core.customers (created_at, id);
DROP INDEX CONCURRENTLY IF EXISTS core.customers_known;
CREATE INDEX CONCURRENTLY customers_known ON core.customers (created_at, id) WHERE NOT is_anonymous;
DROP INDEX CONCURRENTLY IF EXISTS core.customers_deleted;
CREATE INDEX CONCURRENTLY customers_deleted ON core.customers (created_at, id) WHERE deleted_at IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS core.chat_sessions_unpaired;
CREATE INDEX CONCURRENTLY chat_sessions_unpaired ON core.chat_sessions (status, created_at, id) WHERE status IN ('cancelled', 'failed');
DROP INDEX CONCURRENTLY IF EXISTS core.pairing_failures_of_cause;
CREATE INDEX CONCURRENTLY pairing_failures_of_cause ON core.pairing_failures (cause_tag, created_at, id);
DROP INDEX CONCURRENTLY IF EXISTS core.pairing_failures_of_customer;
CREATE INDEX CONCURRENTLY pairing_failures_of_customer ON core.pairing_failures (customer_id, created_at, id);
RESET lock_timeout;
RESET ROLE;
