SET LOCAL ROLE halo_owner;
DROP TABLE core.data_export_parts, core.data_exports CASCADE;
RESET ROLE;
