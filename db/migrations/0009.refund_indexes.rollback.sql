-- transactional: false
SET ROLE halo_owner;
DROP INDEX CONCURRENTLY IF EXISTS core.webhook_receipts_flagged;
DROP INDEX CONCURRENTLY IF EXISTS core.payment_requests_recent;
DROP INDEX CONCURRENTLY IF EXISTS core.payment_requests_unsure;
DROP INDEX CONCURRENTLY IF EXISTS core.payment_requests_provider_payment_ref;
RESET ROLE;
