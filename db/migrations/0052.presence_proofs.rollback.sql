SET LOCAL ROLE halo_owner;
DROP TABLE core.presence_proofs CASCADE;
RESET ROLE;
