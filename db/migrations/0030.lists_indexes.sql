-- transactional: false
-- depends: 0029.waiting_mitras_index
-- squawk-ignore-file ban-concurrent-index-creation-in-transaction
-- Outside a transaction, so it may stop half way: what is there is made again. Nobody waits behind these locks, so they may take long.
SET ROLE halo_owner;
SET lock_timeout = '10min';
-- A status that few sessions have is read without the others. It takes the place of the index of searches alone.
DROP INDEX CONCURRENTLY IF EXISTS core.chat_sessions_open;
CREATE INDEX CONCURRENTLY chat_sessions_open ON core.chat_sessions (status, created_at, id)
    WHERE status IN ('searching', 'pending_acceptance', 'pending_payment', 'active', 'extending', 'closing');
DROP INDEX CONCURRENTLY IF EXISTS core.chat_sessions_waiting;
-- Of the payments of a customer few are paid back, and of all payments few go another way than by the provider.
DROP INDEX CONCURRENTLY IF EXISTS core.payment_requests_paid_back;
CREATE INDEX CONCURRENTLY payment_requests_paid_back ON core.payment_requests (customer_id) WHERE refund_status <> 'none';
DROP INDEX CONCURRENTLY IF EXISTS core.payment_requests_of_provider;
CREATE INDEX CONCURRENTLY payment_requests_of_provider ON core.payment_requests (provider, created_at DESC, id DESC) WHERE provider <> 'xendit';
DROP INDEX CONCURRENTLY IF EXISTS core.payment_requests_of_credit;
DROP INDEX CONCURRENTLY IF EXISTS core.pushes_of_recipient;
CREATE INDEX CONCURRENTLY pushes_of_recipient ON core.pushes (recipient, created_at);
RESET lock_timeout;
RESET ROLE;
