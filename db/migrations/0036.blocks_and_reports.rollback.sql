SET LOCAL ROLE halo_owner;
ALTER TABLE core.mitra_loads DROP COLUMN reporters;
DROP TABLE core.report_notes CASCADE;
DROP TABLE core.reports CASCADE;
DROP TABLE core.blocks CASCADE;
RESET ROLE;
