SET LOCAL ROLE halo_owner;
ALTER TABLE core.event_streams
    DROP CONSTRAINT event_streams_recipient_check,
    ADD CONSTRAINT event_streams_recipient_check CHECK (recipient ~ '^(customer|mitra|cc):[0-9a-f-]{36}$') NOT VALID;
RESET ROLE;
