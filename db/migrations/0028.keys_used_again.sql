-- transactional: false
-- depends: 0026.lists_of_people
-- After 24 hours a request key may be used again. That it buys once until then is judged under the customer's lock, in the
-- customer's entries of the last day, which the index balance_entries_of_customer finds: a key needs no index of its own.
SET ROLE halo_owner;
SET lock_timeout = '10min';
DROP INDEX CONCURRENTLY IF EXISTS core.balance_entries_request_key;
RESET lock_timeout;
RESET ROLE;
