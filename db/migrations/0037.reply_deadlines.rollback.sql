-- squawk-ignore-file ban-drop-constraint
SET LOCAL ROLE halo_owner;
DELETE FROM core.mitra_status_log WHERE action = 'no_first_reply';
ALTER TABLE core.mitra_status_log
    DROP CONSTRAINT mitra_status_log_action_check,
    ADD CONSTRAINT mitra_status_log_action_check CHECK (action IN ('online', 'offline', 'activate', 'deactivate')) NOT VALID;
COMMENT ON TABLE core.mitra_status_log IS 'Ledger of every online, offline, activate and deactivate: who, why, when, and how long the state before it lasted.';
DROP TABLE core.reply_deadlines CASCADE;
RESET ROLE;
