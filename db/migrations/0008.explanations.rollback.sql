SET LOCAL ROLE halo_owner;
DROP TABLE core.pairing_waves CASCADE;
RESET ROLE;
