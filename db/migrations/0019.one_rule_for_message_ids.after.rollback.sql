SET LOCAL ROLE halo_owner;
ALTER TABLE core.chat_messages ADD UNIQUE (session_id, sender_type, client_message_id, session_day);
RESET ROLE;
