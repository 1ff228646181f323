SET LOCAL ROLE halo_owner;
ALTER TABLE core.mitra_loads DROP COLUMN has_own_maximum, DROP COLUMN waits_since;
RESET ROLE;
