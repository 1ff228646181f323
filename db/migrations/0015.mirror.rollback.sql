SET LOCAL ROLE halo_owner;
DROP TABLE core.unleased_sockets CASCADE;
DROP TABLE core.mass_silence CASCADE;
RESET ROLE;
