SET LOCAL ROLE halo_owner;
DROP TABLE core.saved_views CASCADE;
ALTER TABLE core.control_center_users DROP COLUMN locale CASCADE, DROP COLUMN time_zone CASCADE;
RESET ROLE;
