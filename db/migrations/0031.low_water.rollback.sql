SET LOCAL ROLE halo_owner;
ALTER TABLE core.event_queue DROP COLUMN xid;
DROP SEQUENCE core.low_water_note, core.low_water_search, core.low_water_due CASCADE;
RESET ROLE;
