-- transactional: false
SET ROLE halo_owner;
DROP INDEX CONCURRENTLY IF EXISTS core.customer_transactions_refunds;
RESET ROLE;
