-- transactional: false
-- squawk-ignore-file ban-concurrent-index-creation-in-transaction
-- depends: 0023.refund_ways
-- Outside a transaction, so it may stop half way: what is there is made again. Nobody waits behind these locks, so they may take long.
SET ROLE halo_owner;
SET lock_timeout = '10min';
DROP INDEX CONCURRENTLY IF EXISTS core.payment_requests_of_status;
CREATE INDEX CONCURRENTLY payment_requests_of_status ON core.payment_requests (status, created_at DESC, id DESC);
DROP INDEX CONCURRENTLY IF EXISTS core.payment_requests_of_refund_status;
CREATE INDEX CONCURRENTLY payment_requests_of_refund_status ON core.payment_requests (refund_status, created_at DESC, id DESC)
    WHERE refund_status <> 'none';
DROP INDEX CONCURRENTLY IF EXISTS core.payment_requests_of_credit;
CREATE INDEX CONCURRENTLY payment_requests_of_credit ON core.payment_requests (created_at DESC, id DESC) WHERE provider = 'credit';
DROP INDEX CONCURRENTLY IF EXISTS core.webhook_receipts_recent;
CREATE INDEX CONCURRENTLY webhook_receipts_recent ON core.webhook_receipts (received_at DESC, id DESC);
DROP INDEX CONCURRENTLY IF EXISTS core.webhook_receipts_of_outcome;
CREATE INDEX CONCURRENTLY webhook_receipts_of_outcome ON core.webhook_receipts (outcome, received_at DESC, id DESC);
DROP INDEX CONCURRENTLY IF EXISTS core.webhook_receipts_of_payment;
CREATE INDEX CONCURRENTLY webhook_receipts_of_payment ON core.webhook_receipts (payment_request_id, received_at DESC)
    WHERE payment_request_id IS NOT NULL;
ALTER TABLE core.refunds VALIDATE CONSTRAINT refunds_way;
ALTER TABLE core.refunds VALIDATE CONSTRAINT refunds_transfer;
ALTER TABLE core.payment_requests VALIDATE CONSTRAINT payment_requests_credited;
ALTER TABLE core.payment_requests VALIDATE CONSTRAINT payment_requests_provider_check;
ALTER TABLE core.payment_requests VALIDATE CONSTRAINT payment_requests_every_rupiah;
ALTER TABLE core.payment_requests VALIDATE CONSTRAINT payment_requests_refund_status;
ALTER TABLE core.customer_transactions VALIDATE CONSTRAINT customer_transactions_type_check;
SET lock_timeout = '5s';
RESET ROLE;
