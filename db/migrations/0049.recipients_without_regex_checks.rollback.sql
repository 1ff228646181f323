-- transactional: false
SET ROLE halo_owner;
SET lock_timeout = '2s';
ALTER TABLE core.event_streams
    DROP CONSTRAINT event_streams_recipient_check,
    ADD CONSTRAINT event_streams_recipient_check CHECK (
        left(recipient, -36) IN ('customer:', 'mitra:', 'cc:')
        AND right(recipient, 36)::uuid::text = right(recipient, 36)) NOT VALID;
RESET lock_timeout;
RESET ROLE;
