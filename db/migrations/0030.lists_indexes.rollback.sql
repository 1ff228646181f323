-- transactional: false
-- squawk-ignore-file ban-concurrent-index-creation-in-transaction
SET ROLE halo_owner;
SET lock_timeout = '10min';
DROP INDEX CONCURRENTLY IF EXISTS core.pushes_of_recipient;
DROP INDEX CONCURRENTLY IF EXISTS core.payment_requests_of_credit;
CREATE INDEX CONCURRENTLY payment_requests_of_credit ON core.payment_requests (created_at DESC, id DESC) WHERE provider = 'credit';
DROP INDEX CONCURRENTLY IF EXISTS core.payment_requests_of_provider;
DROP INDEX CONCURRENTLY IF EXISTS core.payment_requests_paid_back;
DROP INDEX CONCURRENTLY IF EXISTS core.chat_sessions_waiting;
CREATE INDEX CONCURRENTLY chat_sessions_waiting ON core.chat_sessions (created_at, id) WHERE status = 'searching';
DROP INDEX CONCURRENTLY IF EXISTS core.chat_sessions_open;
RESET lock_timeout;
RESET ROLE;
