"""Nobody may do more than his part: over all objects there are, not over those somebody thought of."""

from collections.abc import Callable

import psycopg
import pytest

from tests.conventions.callers import called_by

SCHEMAS = ["core", "api", "ops"]
PROGRAMS = ["halo_app", "halo_listener", "halo_cc"]


def names(conn: psycopg.Connection, query: str, **params: object) -> list[str]:
    """The first column of a query."""
    return [row[0] for row in conn.execute(query.encode(), {"schemas": SCHEMAS, "programs": PROGRAMS, **params})]


def test_the_programs_have_no_right_on_any_table_view_or_sequence_nor_on_a_column(conn: psycopg.Connection) -> None:
    objects = names(conn, "SELECT count(*)::text FROM pg_class WHERE relnamespace = ANY (%(schemas)s::regnamespace[])")
    granted = names(
        conn,
        """
        SELECT format('%%s %%s %%s', role, privilege, c.oid::regclass)
        FROM pg_class AS c
        CROSS JOIN unnest(%(programs)s::text[]) AS role
        CROSS JOIN unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS privilege
        WHERE c.relnamespace = ANY (%(schemas)s::regnamespace[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
            AND (has_table_privilege(role, c.oid, privilege)
                OR (privilege IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
                    AND has_any_column_privilege(role, c.oid, privilege)))
        UNION ALL
        SELECT format('%%s %%s %%s', role, privilege, c.oid::regclass)
        FROM pg_class AS c
        CROSS JOIN unnest(%(programs)s::text[]) AS role
        CROSS JOIN unnest('{USAGE,SELECT,UPDATE}'::text[]) AS privilege
        WHERE c.relnamespace = ANY (%(schemas)s::regnamespace[]) AND c.relkind = 'S'
            AND has_sequence_privilege(role, c.oid, privilege)
        """,
    )

    assert int(objects[0]) > 100
    assert granted == []


def test_public_may_execute_nothing_of_ours(conn: psycopg.Connection) -> None:
    open_to_all = names(
        conn,
        """
        SELECT p.oid::regprocedure::text FROM pg_proc AS p
        CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS granted
        WHERE p.pronamespace = ANY (%(schemas)s::regnamespace[]) AND granted.grantee = 0
        """,
    )

    assert open_to_all == []


def test_public_has_no_way_into_our_schemas(conn: psycopg.Connection) -> None:
    open_to_all = names(
        conn,
        """
        SELECT n.nspname || ' ' || granted.privilege_type FROM pg_namespace AS n
        CROSS JOIN LATERAL aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS granted
        WHERE n.oid = ANY (%(schemas)s::regnamespace[]) AND granted.grantee = 0
        """,
    )

    assert open_to_all == []


def test_public_makes_no_temporary_tables_in_a_migrated_database(conn: psycopg.Connection) -> None:
    # A copy of a database has rights of its own, so this looks at the one that was migrated.
    migrated = names(
        conn,
        """
        SELECT d.datname FROM pg_database AS d
        WHERE d.datname = current_database() || '_tmpl'
            AND NOT EXISTS (
                SELECT FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) AS granted
                WHERE granted.grantee = 0 AND granted.privilege_type = 'TEMPORARY')
        """,
    )

    assert len(migrated) == 1


def test_a_function_made_later_is_not_open_to_all_either(conn: psycopg.Connection) -> None:
    with conn.transaction(force_rollback=True):
        conn.execute("SET LOCAL ROLE halo_owner")
        conn.execute("CREATE FUNCTION core.made_later() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
        open_to_all = names(
            conn,
            "SELECT grantee::text FROM pg_proc, aclexplode(proacl) WHERE proname = 'made_later' AND grantee = 0",
        )
        has_list = names(conn, "SELECT (proacl IS NOT NULL)::text FROM pg_proc WHERE proname = 'made_later'")

    assert (open_to_all, has_list) == ([], ["true"])


def test_every_function_for_others_runs_as_its_owner_with_an_empty_path_and_takes_nulls(
    conn: psycopg.Connection,
) -> None:
    wrong = names(
        conn,
        """
        SELECT p.oid::regprocedure::text FROM pg_proc AS p
        WHERE (p.pronamespace IN ('api'::regnamespace, 'ops'::regnamespace) OR p.prorettype = 'trigger'::regtype)
            AND p.pronamespace = ANY (%(schemas)s::regnamespace[])
            AND NOT (p.prosecdef AND NOT p.proisstrict AND coalesce('search_path=""' = ANY (p.proconfig), false))
        """,
    )

    assert wrong == []


def test_what_people_call_is_planned_without_just_in_time_compilation(conn: psycopg.Connection) -> None:
    compiled = names(
        conn,
        """
        SELECT p.oid::regprocedure::text FROM pg_proc AS p
        WHERE p.pronamespace IN ('api'::regnamespace, 'ops'::regnamespace)
            AND NOT coalesce('jit=off' = ANY (p.proconfig), false)
        """,
    )

    assert compiled == []


WITHHELD_FROM_DBAS = {
    "api.begin_cc_login": "the hash of a password",
    "api.cc_credentials": "the hash of a password",
    "api.open_cc_login": "a login as an operator, without the password",
    "api.open_cc_web_session": "a login as an operator, without the password",
    "api.take_leadership": "leading is the listener's",
    "api.renew_leadership": "leading is the listener's",
    "api.give_back_leadership": "leading is the listener's",
}


def test_dbas_may_call_all_but_what_is_withheld_and_no_table_is_open_to_people(conn: psycopg.Connection) -> None:
    withheld = names(
        conn,
        """
        SELECT DISTINCT n.nspname || '.' || p.proname FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
        WHERE n.nspname IN ('api', 'ops') AND NOT has_function_privilege('halo_dba', p.oid, 'EXECUTE')
        """,
    )
    people = names(
        conn,
        """
        SELECT format('%%s %%s %%s', role, privilege, c.oid::regclass) FROM pg_class AS c
        CROSS JOIN unnest('{halo_readonly,halo_dba}'::text[]) AS role
        CROSS JOIN unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS privilege
        WHERE c.relnamespace = ANY (%(schemas)s::regnamespace[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
            AND (has_table_privilege(role, c.oid, privilege)
                OR (privilege IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
                    AND has_any_column_privilege(role, c.oid, privilege)))
            AND NOT (privilege = 'SELECT' AND c.relkind = 'v' AND c.relnamespace = 'ops'::regnamespace)
        """,
    )

    assert (set(withheld), people) == (set(WITHHELD_FROM_DBAS), [])


def test_no_function_or_view_open_to_people_gives_a_hash_of_a_password(conn: psycopg.Connection) -> None:
    columns = names(
        conn,
        """
        SELECT p.oid::regprocedure || ' ' || name FROM pg_proc AS p
        CROSS JOIN unnest(p.proargnames, p.proargmodes) AS argument (name, mode)
        WHERE p.pronamespace IN ('api'::regnamespace, 'ops'::regnamespace) AND name ~ 'password'
            AND mode IN ('o', 't', 'b') AND has_function_privilege('halo_dba', p.oid, 'EXECUTE')
        UNION ALL
        SELECT c.oid::regclass || ' ' || a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'ops'::regnamespace AND a.attname ~ 'password'
        """,
    )
    assert columns == []


def test_everything_belongs_to_the_owner_who_can_not_log_in(conn: psycopg.Connection) -> None:
    others = names(
        conn,
        """
        SELECT c.oid::regclass::text FROM pg_class AS c
        WHERE c.relnamespace = ANY (%(schemas)s::regnamespace[]) AND c.relowner <> 'halo_owner'::regrole
        UNION ALL
        SELECT p.oid::regprocedure::text FROM pg_proc AS p
        WHERE p.pronamespace = ANY (%(schemas)s::regnamespace[]) AND p.proowner <> 'halo_owner'::regrole
        UNION ALL
        SELECT n.nspname FROM pg_namespace AS n
        WHERE n.oid = ANY (%(schemas)s::regnamespace[]) AND n.nspowner <> 'halo_owner'::regrole
        """,
    )

    assert others == []


BY_HAND = {"api.confirm_payment", "api.rebuild_figures"}
"""What DBAs alone call: money that came without the provider's word, and figures counted again."""

OF_RUN = {"api.is_demo", "api.seed_demo_history", "api.seed_demo_phones"}
"""What `halobestie run` calls, as the owner of its database."""

OF_DOCTOR = {"api.missing_role_statements"}
"""What `halobestie doctor` asks with the settings of any program, by a statement of its own."""


def test_every_function_of_api_is_for_a_program_but_those_of_dbas_and_owners_and_none_of_core_is(
    conn: psycopg.Connection,
) -> None:
    for_no_program = names(
        conn,
        """
        SELECT 'api.' || p.proname FROM pg_proc AS p
        WHERE p.pronamespace = 'api'::regnamespace
            AND NOT EXISTS (
                SELECT FROM unnest(%(programs)s::text[]) AS role WHERE has_function_privilege(role, p.oid, 'EXECUTE'))
        """,
    )
    of_core = names(
        conn,
        """
        SELECT role || ' ' || p.oid::regprocedure FROM pg_proc AS p
        CROSS JOIN unnest(%(programs)s::text[] || '{halo_readonly,halo_dba}'::text[]) AS role
        WHERE p.pronamespace = 'core'::regnamespace AND has_function_privilege(role, p.oid, 'EXECUTE')
        """,
    )

    assert (set(for_no_program), of_core) == (BY_HAND | OF_RUN, [])


@pytest.mark.parametrize("role", PROGRAMS)
def test_a_program_may_call_nothing_that_it_does_not_call(role: str, conn: psycopg.Connection) -> None:
    granted = names(
        conn,
        """
        SELECT 'api.' || p.proname FROM pg_proc AS p
        WHERE p.pronamespace = 'api'::regnamespace AND has_function_privilege(%(role)s, p.oid, 'EXECUTE')
        """,
        role=role,
    )

    assert len(granted) > 50
    assert set(granted) - called_by(role) == OF_DOCTOR


@pytest.mark.parametrize("role", PROGRAMS)
def test_a_program_reads_no_table_and_makes_none(
    role: str, role_url: Callable[[str], str], conn: psycopg.Connection
) -> None:
    tables = names(
        conn,
        """
        SELECT c.oid::regclass::text FROM pg_class AS c
        WHERE c.relnamespace = ANY (%(schemas)s::regnamespace[]) AND NOT c.relispartition
            AND c.relkind IN ('r', 'p', 'v')
        """,
    )
    assert len(tables) > 20
    with psycopg.connect(role_url(role), autocommit=True) as program:
        for table in tables:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                program.execute(f"SELECT FROM {table}".encode())
        for schema in (*SCHEMAS, "public"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                program.execute(f"CREATE TABLE {schema}.own (a integer)".encode())
