-- transactional: false
-- depends: 0049.recipients_without_regex
SET ROLE halo_owner;
SET lock_timeout = '10min';
ALTER TABLE core.event_streams VALIDATE CONSTRAINT event_streams_recipient_check;
RESET lock_timeout;
RESET ROLE;
