SET LOCAL ROLE halo_owner;
ALTER TABLE core.customers DROP COLUMN merged_into;
RESET ROLE;
