-- transactional: false
SET ROLE halo_owner;
DROP INDEX CONCURRENTLY IF EXISTS core.webhook_receipts_of_payment;
DROP INDEX CONCURRENTLY IF EXISTS core.webhook_receipts_of_outcome;
DROP INDEX CONCURRENTLY IF EXISTS core.webhook_receipts_recent;
DROP INDEX CONCURRENTLY IF EXISTS core.payment_requests_of_credit;
DROP INDEX CONCURRENTLY IF EXISTS core.payment_requests_of_refund_status;
DROP INDEX CONCURRENTLY IF EXISTS core.payment_requests_of_status;
RESET ROLE;
