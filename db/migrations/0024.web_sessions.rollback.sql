SET LOCAL ROLE halo_owner;
DELETE FROM core.auth_sessions WHERE kind <> 'token';
ALTER TABLE core.auth_sessions DROP COLUMN kind, DROP COLUMN used_at, DROP COLUMN label;
COMMENT ON TABLE core.auth_sessions IS 'One row a refresh token; a family is one login. The access token''s sid is the family.';
RESET ROLE;
