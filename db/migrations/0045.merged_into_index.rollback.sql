-- transactional: false
SET ROLE halo_owner;
DROP INDEX CONCURRENTLY IF EXISTS core.customers_merged_into;
RESET ROLE;
