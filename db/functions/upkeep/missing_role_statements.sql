CREATE OR REPLACE FUNCTION api.missing_role_statements()
RETURNS TABLE (statement text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
WITH setting AS (
    SELECT
        wanted.role, wanted.name, wanted.value,
        -- as PostgreSQL keeps it: a list, also an empty one, in quotes
        wanted.name || '=' || CASE wanted.name
            WHEN 'search_path' THEN format('"%s"', wanted.value) ELSE wanted.value END AS kept
    FROM core.role_settings() AS wanted
), present AS (
    SELECT known.setrole::regrole::text AS role, unnest(known.setconfig) AS kept
    FROM pg_catalog.pg_db_role_setting AS known
    JOIN pg_catalog.pg_database AS database ON database.oid = known.setdatabase
    WHERE database.datname = current_database()
)
-- Settings.
SELECT format('ALTER ROLE %I IN DATABASE %I SET %I = %L',
    setting.role, current_database(), setting.name, setting.value)
FROM setting
WHERE NOT EXISTS (
    SELECT FROM present
    WHERE present.role = setting.role AND present.kept = setting.kept)
UNION ALL
-- Memberships and ways into the schemas.
SELECT format('GRANT %I TO halo_owner', member.role)
FROM (SELECT DISTINCT setting.role FROM setting) AS member
WHERE NOT pg_has_role('halo_owner', member.role, 'USAGE')
UNION ALL
SELECT format('GRANT USAGE ON SCHEMA %I TO %I', door.schema, door.role)
FROM (VALUES
    ('api', 'halo_app'), ('api', 'halo_listener'), ('api', 'halo_cc'), ('api', 'halo_dba'),
    ('ops', 'halo_readonly'), ('ops', 'halo_dba')
) AS door (schema, role)
WHERE NOT has_schema_privilege(door.role, door.schema, 'USAGE')
UNION ALL
-- Temporary tables: a database without rights of its own has the default ones, which allow them.
SELECT format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', database.datname)
FROM pg_catalog.pg_database AS database
WHERE database.datname = current_database() AND EXISTS (
    SELECT FROM aclexplode(coalesce(database.datacl, acldefault('d', database.datdba))) AS given
    WHERE given.grantee = 0 AND given.privilege_type = 'TEMPORARY')
ORDER BY 1
$$;

COMMENT ON FUNCTION api.missing_role_statements() IS $$
Statements that give our roles what they lack in this database: their settings; for halo_owner its
membership in each of them, so that it may end their sessions; their way into the schemas. One more
keeps temporary tables from PUBLIC. No row when all is as it should be. Every migrate runs the
statements where it may; otherwise they are for a role that may create roles and owns the database.
Raises nothing.
$$;
GRANT EXECUTE ON FUNCTION api.missing_role_statements() TO halo_app, halo_listener, halo_cc;
