SET LOCAL ROLE halo_owner;
ALTER TABLE core.session_extensions DROP COLUMN closed_at;
DROP TABLE core.session_absences CASCADE;
DROP TABLE core.session_presences CASCADE;
RESET ROLE;
