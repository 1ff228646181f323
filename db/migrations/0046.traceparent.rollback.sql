SET LOCAL ROLE halo_owner;
ALTER TABLE core.events DROP COLUMN traceparent;
RESET ROLE;
