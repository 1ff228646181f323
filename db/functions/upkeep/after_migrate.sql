CREATE OR REPLACE FUNCTION core.after_migrate()
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_function regprocedure;
BEGIN
    -- What people and programs call is planned without just-in-time compilation: compiling would
    -- take longer than the call.
    FOR v_function IN
        SELECT known.oid FROM pg_catalog.pg_proc AS known
        JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = known.pronamespace
        WHERE namespace.nspname IN ('api', 'ops')
            AND known.proconfig @> ARRAY['search_path=""']
            AND NOT known.proconfig @> ARRAY['jit=off']
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET jit = off', v_function);
    END LOOP;

    -- Rows that the code expects. A value, text or role that was changed stays, and a role that
    -- was deleted stays away; the permissions of super_admin and the actions of pushes are the
    -- code's.
    INSERT INTO core.app_config (key, value)
    SELECT known.key, known.default_value FROM core.config_keys() AS known
    WHERE NOT EXISTS (SELECT FROM core.app_config AS config WHERE config.key = known.key);
    INSERT INTO core.roles AS known (name, permissions)
    VALUES ('super_admin', core.all_permissions())
    ON CONFLICT (name) DO UPDATE SET permissions = excluded.permissions
    WHERE known.permissions <> excluded.permissions;
    WITH new AS (
        INSERT INTO core.made_roles (name) SELECT role.name FROM core.default_roles() AS role
        ON CONFLICT (name) DO NOTHING RETURNING name
    )
    INSERT INTO core.roles (name, permissions)
    SELECT role.name, role.permissions FROM core.default_roles() AS role JOIN new USING (name)
    ON CONFLICT (name) DO NOTHING;
    INSERT INTO core.message_templates (name, locale, title, body, action)
    SELECT text.name, text.locale, text.title, text.body, text.action
    FROM core.default_templates() AS text
    ON CONFLICT (name, locale) DO UPDATE SET action = excluded.action;
    PERFORM api.maintain_partitions();
    PERFORM core.begin_figures();

    -- Mitras that the last release changed while this release began.
    PERFORM core.recount_mitras(ARRAY(SELECT wrong.mitra_id FROM core.wrong_waits() AS wrong));
END
$$;

COMMENT ON FUNCTION core.after_migrate() IS $$
What every migrate ends with: configuration keys as the code knows them, the super_admin role with
every permission, the default roles once, texts for pushes, partitions ahead, figures counted once
from what was there before them, since when each mitra waits, and no just-in-time compilation in api
and ops.
$$;
