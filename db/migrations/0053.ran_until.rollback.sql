SET LOCAL ROLE halo_owner;
ALTER TABLE core.chat_sessions DROP COLUMN ran_until;
RESET ROLE;
