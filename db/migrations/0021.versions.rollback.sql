SET LOCAL ROLE halo_owner;
ALTER TABLE core.price_packages DROP COLUMN replaces CASCADE, DROP COLUMN version CASCADE;
ALTER TABLE core.mitras DROP COLUMN version CASCADE;
ALTER TABLE core.control_center_users DROP COLUMN version CASCADE;
ALTER TABLE core.roles DROP COLUMN version CASCADE;
ALTER TABLE core.message_templates DROP COLUMN version CASCADE;
ALTER TABLE core.audit_log DROP COLUMN reason CASCADE;
RESET ROLE;
