SET LOCAL ROLE halo_owner;

ALTER TABLE core.chat_sessions ADD COLUMN search_began_at timestamptz;
COMMENT ON COLUMN core.chat_sessions.search_began_at IS 'When the present search began, for a session that was rerouted; null for the first search, which begins with the session.';

RESET ROLE;
