-- transactional: false
SET ROLE halo_owner;
DROP INDEX CONCURRENTLY IF EXISTS core.event_queue_recipient;
CREATE INDEX CONCURRENTLY event_queue_recipient ON core.event_queue (recipient);
DROP INDEX CONCURRENTLY IF EXISTS core.chat_sessions_searches;
CREATE INDEX CONCURRENTLY chat_sessions_searches ON core.chat_sessions ((coalesce(search_began_at, created_at)), id)
    WHERE status = 'searching';
RESET ROLE;
