SET LOCAL ROLE halo_owner;
DROP TABLE core.failed_deadlines CASCADE;
RESET ROLE;
