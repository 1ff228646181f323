"""Every function is compiled and looked through by PostgreSQL itself, not only those that some test happens to run."""

import psycopg
import pytest

from tests.support.sources import FUNCTION_FILES, TRIGGER_FILES

# One row for each function in PL/pgSQL, and for each table whose trigger it is.
CHECKED = """
SELECT code.function::regprocedure::text, checked.level, checked.message, checked.detail, checked.lineno, checked.query
FROM (
    SELECT p.oid AS function, coalesce(t.tgrelid, 0) AS on_table,
        max(t.tgoldtable) AS old_rows, max(t.tgnewtable) AS new_rows
    FROM pg_proc AS p
    JOIN pg_language AS l ON l.oid = p.prolang AND l.lanname = 'plpgsql'
    LEFT JOIN pg_trigger AS t ON t.tgfoid = p.oid AND t.tgparentid = 0
    WHERE p.pronamespace = ANY ('{core,api,ops}'::regnamespace[])
    GROUP BY p.oid, t.tgrelid
) AS code
CROSS JOIN LATERAL plpgsql_check_function_tb(
    code.function, code.on_table, oldtable => code.old_rows, newtable => code.new_rows,
    fatal_errors => false, security_warnings => true, compatibility_warnings => true
) AS checked
-- What these execute is written in core.prunings and core.personal_places, and nothing of it is given.
WHERE checked.level <> 'security' OR code.function NOT IN (
    'api.prune(text,integer)'::regprocedure, 'api.make_data_export(uuid,integer,integer)'::regprocedure,
    'ops.personal_data(uuid)'::regprocedure)
"""


def test_every_function_compiles_with_all_extra_checks_as_errors(conn: psycopg.Connection) -> None:
    faults = {}
    with conn.transaction(force_rollback=True):
        conn.execute("SET LOCAL ROLE halo_owner")
        conn.execute("SET LOCAL check_function_bodies = on")
        conn.execute("SET LOCAL plpgsql.extra_errors = 'all'")
        for file in FUNCTION_FILES + TRIGGER_FILES:
            try:
                with conn.transaction():
                    conn.execute(file.read_bytes())
            except psycopg.Error as error:
                faults[file.name] = str(error)

    assert faults == {}


def test_plpgsql_check_finds_nothing(conn: psycopg.Connection) -> None:
    available = conn.execute("SELECT FROM pg_available_extensions WHERE name = 'plpgsql_check'").fetchone()
    if available is None:
        version = conn.info.server_version // 10000
        pytest.skip(
            f"plpgsql_check can't be had for this PostgreSQL {version}; tests/postgresql15.sh runs it on Debian's 15"
            " (apt-get install postgresql-15 postgresql-15-plpgsql-check), as .ci/run does"
        )
    conn.execute("CREATE EXTENSION plpgsql_check")

    findings = [" | ".join(str(part) for part in row if part is not None) for row in conn.execute(CHECKED)]
    assert findings == [], "\n".join(findings)
