-- transactional: false
-- depends: 0053.ran_until
-- squawk-ignore-file ban-concurrent-index-creation-in-transaction
SET ROLE halo_owner;
SET lock_timeout = '10min';
-- Closed periods are listed by when they were closed.
DROP INDEX CONCURRENTLY IF EXISTS core.payout_periods_recent;
CREATE INDEX CONCURRENTLY payout_periods_recent ON core.payout_periods (closed_at DESC, until DESC);
RESET lock_timeout;
RESET ROLE;
