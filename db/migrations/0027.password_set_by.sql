-- depends: 0026.lists_of_people

SET LOCAL ROLE halo_owner;

ALTER TABLE core.control_center_users ADD COLUMN password_set_by uuid;
COMMENT ON COLUMN core.control_center_users.password_set_by IS 'The user who reset the password and may know it; null = the first password, or chosen by its owner or a DBA.';

RESET ROLE;
