-- transactional: false
-- depends: 0045.merged_into
-- squawk-ignore-file ban-concurrent-index-creation-in-transaction
SET ROLE halo_owner;
SET lock_timeout = '10min';
DROP INDEX CONCURRENTLY IF EXISTS core.customers_merged_into;
CREATE INDEX CONCURRENTLY customers_merged_into ON core.customers (merged_into) WHERE merged_into IS NOT NULL;
RESET lock_timeout;
RESET ROLE;
