-- transactional: false
-- This fails where a key was used again. The release before works without the index, too: it judges under the customer's lock.
SET ROLE halo_owner;
DROP INDEX CONCURRENTLY IF EXISTS core.balance_entries_request_key;
CREATE UNIQUE INDEX CONCURRENTLY balance_entries_request_key ON core.balance_entries (customer_id, request_key)
    WHERE request_key IS NOT NULL;
RESET ROLE;
