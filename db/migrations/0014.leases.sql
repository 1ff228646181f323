SET LOCAL ROLE halo_owner;

-- '-infinity': whoever led by the older rule has no lease, and the first who asks takes it with a greater epoch.
ALTER TABLE core.leaderships ADD COLUMN until timestamptz NOT NULL DEFAULT '-infinity';
COMMENT ON TABLE core.leaderships IS
'Who leads what must not run twice: a lease, by the database''s clock. The epoch grows at each change and fences late writes.';
COMMENT ON COLUMN core.leaderships.until IS 'The end of the lease. Until then nobody else can take it; a lease that ran out belongs to nobody.';

RESET ROLE;

-- halo_owner's functions see since when sessions are in a transaction, and end those of our roles that hold up everybody
-- else: a session may be ended by members of its role.
DO $$
DECLARE
    v_role text;
BEGIN
    FOREACH v_role IN ARRAY ARRAY['halo_app', 'halo_listener', 'halo_cc', 'halo_readonly', 'halo_dba', 'pg_read_all_stats'] LOOP
        BEGIN
            IF NOT pg_has_role('halo_owner', v_role, 'USAGE') THEN
                EXECUTE format('GRANT %I TO halo_owner', v_role);
            END IF;
        EXCEPTION WHEN insufficient_privilege OR invalid_grant_operation OR unique_violation THEN
            -- whoever migrates may not grant it, the role is itself a member of halo_owner, or another database of this
            -- cluster is being migrated
            NULL;
        END;
    END LOOP;
END
$$;
