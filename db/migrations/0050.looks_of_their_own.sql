-- transactional: false
-- depends: 0049.recipients_without_regex_checks
-- squawk-ignore-file ban-concurrent-index-creation-in-transaction
-- core.searches_since and core.open_customer_id, whose words these are: no other index serves a look by them.
SET ROLE halo_owner;
SET lock_timeout = '10min';
DROP INDEX CONCURRENTLY IF EXISTS core.chat_sessions_searches_since;
CREATE INDEX CONCURRENTLY chat_sessions_searches_since ON core.chat_sessions
    ((CASE WHEN status IN ('searching', 'pending_acceptance') THEN coalesce(search_began_at, created_at) END), id)
    WHERE (CASE WHEN status IN ('searching', 'pending_acceptance') THEN coalesce(search_began_at, created_at) END) IS NOT NULL;
-- core.open_customer_id: a customer has one open session.
DROP INDEX CONCURRENTLY IF EXISTS core.chat_sessions_open_customer;
CREATE UNIQUE INDEX CONCURRENTLY chat_sessions_open_customer ON core.chat_sessions
    ((CASE WHEN status IN ('searching', 'pending_acceptance', 'pending_payment', 'active', 'extending', 'closing')
        THEN customer_id END))
    WHERE (CASE WHEN status IN ('searching', 'pending_acceptance', 'pending_payment', 'active', 'extending', 'closing')
        THEN customer_id END) IS NOT NULL;
RESET lock_timeout;
RESET ROLE;
