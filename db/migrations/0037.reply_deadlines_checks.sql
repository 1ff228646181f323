-- transactional: false
-- depends: 0037.reply_deadlines
SET ROLE halo_owner;
SET lock_timeout = '10min';
ALTER TABLE core.mitra_status_log VALIDATE CONSTRAINT mitra_status_log_action_check;
RESET lock_timeout;
RESET ROLE;
