SET LOCAL ROLE halo_owner;
DROP TABLE core.made_roles CASCADE;
RESET ROLE;
