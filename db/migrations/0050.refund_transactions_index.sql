-- transactional: false
-- depends: 0049.recipients_without_regex
-- squawk-ignore-file ban-concurrent-index-creation-in-transaction
SET ROLE halo_owner;
SET lock_timeout = '10min';
-- What was given back of a payment: without it each question reads every transaction there is.
DROP INDEX CONCURRENTLY IF EXISTS core.customer_transactions_refunds;
CREATE INDEX CONCURRENTLY customer_transactions_refunds ON core.customer_transactions (payment_request_id)
    WHERE type = 'refund';
RESET lock_timeout;
RESET ROLE;
