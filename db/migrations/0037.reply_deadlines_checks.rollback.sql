-- transactional: false
SET ROLE halo_owner;
RESET ROLE;
