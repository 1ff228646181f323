-- depends: 0052.presence_proofs
SET LOCAL ROLE halo_owner;
ALTER TABLE core.chat_sessions ADD COLUMN ran_until timestamptz;
COMMENT ON COLUMN core.chat_sessions.ran_until IS
'Since its last words began: until when the clock ran, which may be before closing was written. Null before, and again while the clock runs.';
COMMENT ON COLUMN core.session_extensions.closed_at IS 'Until when the clock had run, when the session was in its last words; null otherwise.';
RESET ROLE;
