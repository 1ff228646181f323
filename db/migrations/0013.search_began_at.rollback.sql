SET LOCAL ROLE halo_owner;
ALTER TABLE core.chat_sessions DROP COLUMN search_began_at CASCADE;
RESET ROLE;
