SET LOCAL ROLE halo_owner;
DROP TABLE core.event_queue, core.event_positions, core.event_streams, core.events CASCADE;
DROP TYPE core.event, core.moved CASCADE;
RESET ROLE;
