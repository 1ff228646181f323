SET LOCAL ROLE halo_owner;
DROP TABLE core.mitra_sightings CASCADE;
DROP TABLE core.offer_dispatches CASCADE;
DROP TABLE core.silences CASCADE;
RESET ROLE;
