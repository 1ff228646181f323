-- transactional: false
SET ROLE halo_owner;
DROP INDEX CONCURRENTLY IF EXISTS core.chat_sessions_searching;
CREATE INDEX CONCURRENTLY chat_sessions_searching ON core.chat_sessions ((coalesce(search_began_at, created_at)), id)
    WHERE status IN ('searching', 'pending_acceptance');
DROP INDEX CONCURRENTLY IF EXISTS core.chat_sessions_one_open;
CREATE UNIQUE INDEX CONCURRENTLY chat_sessions_one_open ON core.chat_sessions (customer_id)
    WHERE status IN ('searching', 'pending_acceptance', 'pending_payment', 'active', 'extending', 'closing');
DROP INDEX CONCURRENTLY IF EXISTS core.pairing_offers_live;
CREATE INDEX CONCURRENTLY pairing_offers_live ON core.pairing_offers (session_id) WHERE status = 'offered';
RESET ROLE;
