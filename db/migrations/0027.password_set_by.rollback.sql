SET LOCAL ROLE halo_owner;
ALTER TABLE core.control_center_users DROP COLUMN password_set_by CASCADE;
RESET ROLE;
