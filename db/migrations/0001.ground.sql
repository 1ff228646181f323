-- Roles, schemas and what PUBLIC may not do. Roles belong to the whole cluster, so each is made only where it is missing.
DO $$
DECLARE
    v_role text;
BEGIN
    FOREACH v_role IN ARRAY ARRAY['halo_owner', 'halo_app', 'halo_listener', 'halo_cc', 'halo_readonly', 'halo_dba'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = v_role) THEN
                EXECUTE format('CREATE ROLE %I %s', v_role, CASE v_role WHEN 'halo_owner' THEN 'NOLOGIN' ELSE 'LOGIN' END);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- another database of this cluster is being migrated at the same moment
        END;
    END LOOP;
    IF NOT pg_has_role(current_user, 'halo_owner', 'USAGE') THEN
        EXECUTE format('GRANT halo_owner TO %I', current_user);
    END IF;
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END
$$;

CREATE SCHEMA core AUTHORIZATION halo_owner;
CREATE SCHEMA api AUTHORIZATION halo_owner;
CREATE SCHEMA ops AUTHORIZATION halo_owner;

SET LOCAL ROLE halo_owner;

COMMENT ON SCHEMA core IS 'Tables and internal functions. Nobody but halo_owner reaches into it.';
COMMENT ON SCHEMA api IS 'What may be called: \df+ api.* is the manual.';
COMMENT ON SCHEMA ops IS 'Views and tools for people: \dv+ ops.* and \df+ ops.*';

ALTER DEFAULT PRIVILEGES FOR ROLE halo_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
GRANT USAGE ON SCHEMA api TO halo_app, halo_listener, halo_cc, halo_dba;
GRANT USAGE ON SCHEMA ops TO halo_readonly, halo_dba;
ALTER DEFAULT PRIVILEGES FOR ROLE halo_owner IN SCHEMA ops GRANT SELECT ON TABLES TO halo_readonly, halo_dba;
ALTER DEFAULT PRIVILEGES FOR ROLE halo_owner IN SCHEMA ops GRANT EXECUTE ON FUNCTIONS TO halo_readonly, halo_dba;
ALTER DEFAULT PRIVILEGES FOR ROLE halo_owner IN SCHEMA api GRANT EXECUTE ON FUNCTIONS TO halo_dba;

CREATE TABLE core.applied_files (
    path text PRIMARY KEY,
    sha256 bytea NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE core.applied_files IS 'Trigger files as last applied: the loader locks a table only when its file changed.';

RESET ROLE;
