SET LOCAL ROLE halo_owner;
DROP TABLE core.session_services CASCADE;
ALTER TABLE core.message_watermarks DROP COLUMN user_id;
ALTER TABLE core.session_presences DROP COLUMN seen_at;
DROP INDEX core.chat_messages_sender;
RESET ROLE;
