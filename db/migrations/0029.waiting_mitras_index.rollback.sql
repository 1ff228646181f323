-- transactional: false
SET ROLE halo_owner;
DROP INDEX CONCURRENTLY IF EXISTS core.mitra_loads_waiting;
RESET ROLE;
