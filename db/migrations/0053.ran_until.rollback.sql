SET LOCAL ROLE halo_owner;
COMMENT ON COLUMN core.session_extensions.closed_at IS 'When the session had begun to close, for one that was asked for in its last words.';
ALTER TABLE core.chat_sessions DROP COLUMN ran_until;
RESET ROLE;
