SET LOCAL ROLE halo_owner;
DROP TABLE core.message_watermarks, core.message_counters, core.chat_messages CASCADE;
RESET ROLE;
