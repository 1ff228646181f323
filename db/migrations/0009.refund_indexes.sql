-- transactional: false
-- squawk-ignore-file ban-concurrent-index-creation-in-transaction
-- Outside a transaction, so it may stop half way: what is there is made again. Nobody waits behind these locks, so they may take long.
SET ROLE halo_owner;
SET lock_timeout = '10min';
DROP INDEX CONCURRENTLY IF EXISTS core.payment_requests_provider_payment_ref;
CREATE INDEX CONCURRENTLY payment_requests_provider_payment_ref ON core.payment_requests (provider, provider_payment_ref)
    WHERE provider_payment_ref IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS core.payment_requests_unsure;
CREATE INDEX CONCURRENTLY payment_requests_unsure ON core.payment_requests (id) WHERE provider <> 'manual' AND confirmed_at IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS core.payment_requests_recent;
CREATE INDEX CONCURRENTLY payment_requests_recent ON core.payment_requests (created_at DESC, id DESC);
DROP INDEX CONCURRENTLY IF EXISTS core.webhook_receipts_flagged;
CREATE INDEX CONCURRENTLY webhook_receipts_flagged ON core.webhook_receipts (received_at) WHERE is_flagged;
ALTER TABLE core.webhook_receipts VALIDATE CONSTRAINT webhook_receipts_payment_request_id_fkey;
SET lock_timeout = '5s';
RESET ROLE;
