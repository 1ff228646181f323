"""`migrate` works for whatever role, through whatever address, or refuses in a sentence before it touches anything."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest

from app.development.postgres import EmbeddedPostgres
from app.postgres.migrations import MigrationError, migrate, roll_back
from tests.platform.state import STATE
from tests.support.catalogue import picture
from tests.support.command import halobestie
from tests.support.pgbouncer import pgbouncer
from tests.support.servers import PostgresServer

MakeRole = Callable[..., str]


@pytest.fixture
def make_role(conn: psycopg.Connection, empty_database_url: str) -> Iterator[MakeRole]:
    """Makes a role that may log in, with some attributes and statements; its name."""
    made: list[str] = []
    with psycopg.connect(empty_database_url, autocommit=True) as admin:

        def make(*statements: str, attributes: str = "") -> str:
            name = f"deployer_{uuid4().hex[:8]}"
            admin.execute(f"CREATE ROLE {name} LOGIN {attributes}".encode())
            made.append(name)
            for statement in statements:
                admin.execute(statement.format(role=name, database=admin.info.dbname).encode())
            return name

        yield make
        for name in made:
            admin.execute(f"DROP OWNED BY {name} CASCADE".encode())
            admin.execute(f"DROP ROLE {name}".encode())


def as_role(url: str, role: str) -> str:
    return url.replace("//postgres@", f"//{role}@")


def test_one_role_after_another_may_migrate_and_neither_owns_the_database(
    conn: psycopg.Connection, empty_database_url: str, make_role: MakeRole
) -> None:
    first = make_role("GRANT CREATE ON DATABASE {database} TO {role}", "GRANT halo_owner TO {role}")
    second = make_role("GRANT halo_owner TO {role}")

    begun = halobestie("migrate", DATABASE_URL=as_role(empty_database_url, first))
    assert begun.returncode == 0, begun.stderr
    assert "REVOKE TEMPORARY ON DATABASE" in begun.stderr  # what only the database's owner may do
    assert migrate(as_role(empty_database_url, second)).migrations == []
    with psycopg.connect(empty_database_url) as there:
        assert picture(there) == picture(conn)
    newest = roll_back(as_role(empty_database_url, second), 1)
    assert migrate(as_role(empty_database_url, first)).migrations == newest


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        pytest.param([], r"is no member of halo_owner.*GRANT halo_owner TO deployer_\w+;", id="no member"),
        pytest.param(
            ["GRANT halo_owner TO {role}"], r"GRANT CREATE ON DATABASE empty_\w+ TO deployer_\w+;", id="no schemas"
        ),
    ],
)
def test_a_role_that_may_not_is_told_what_it_needs(
    empty_database_url: str, make_role: MakeRole, statements: list[str], words: str
) -> None:
    role = make_role(*statements)
    with psycopg.connect(empty_database_url) as there:
        before = there.execute(STATE).fetchall()
    with pytest.raises(MigrationError, match=words):
        migrate(as_role(empty_database_url, role))
    with psycopg.connect(empty_database_url) as there:
        assert there.execute(STATE).fetchall() == before


def test_marks_that_another_role_keeps_to_itself_are_asked_for(empty_database_url: str, make_role: MakeRole) -> None:
    migrate(empty_database_url)
    with psycopg.connect(empty_database_url, autocommit=True) as there:
        there.execute("ALTER TABLE core._yoyo_migration SET SCHEMA public")
        there.execute("ALTER TABLE _yoyo_migration OWNER TO postgres")
    role = make_role("GRANT halo_owner TO {role}")

    with pytest.raises(MigrationError, match=r"belongs to postgres: run `migrate` once as postgres"):
        migrate(as_role(empty_database_url, role))
    assert migrate(empty_database_url).migrations == []
    assert migrate(as_role(empty_database_url, role)).migrations == []


def test_a_database_that_is_not_unicode_is_refused(postgres_server: PostgresServer) -> None:
    name = f"latin_{uuid4().hex}"
    with psycopg.connect(postgres_server.url(postgres_server.maintenance_dbname), autocommit=True) as admin:
        admin.execute(
            f"CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0".encode()
        )
        refused = halobestie("migrate", DATABASE_URL=postgres_server.url(name))
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1), refused.stderr
    assert "is encoded in LATIN1" in refused.stderr


def test_settings_of_the_database_and_the_role_do_not_reach_what_is_made(
    conn: psycopg.Connection, empty_database_url: str, house: Path
) -> None:
    (house / "migrations/9999.slow.sql").write_text("SELECT pg_sleep(0.5);")
    with psycopg.connect(empty_database_url, autocommit=True) as there:
        for setting in (
            "search_path = public, nowhere", "statement_timeout = '300ms'", "lock_timeout = '1ms'",
            "default_transaction_isolation = 'serializable'", "standard_conforming_strings = off",
            "DateStyle = 'German'", "TimeZone = 'Asia/Jakarta'", "client_encoding = 'LATIN1'",
            "idle_in_transaction_session_timeout = '300ms'", "check_function_bodies = on",
        ):  # fmt: skip
            there.execute(f"ALTER DATABASE {there.info.dbname} SET {setting}".encode())
    assert migrate(empty_database_url, house).migrations[-1] == "9999.slow"
    with psycopg.connect(empty_database_url, autocommit=True) as there:
        there.execute("SET search_path = public; SET statement_timeout = 0; SET client_encoding = 'UTF8'")
        there.execute("SET DateStyle = 'ISO, MDY'; SET TimeZone = 'UTC'; SET standard_conforming_strings = on")
        assert picture(there) == picture(conn)


def test_a_member_of_halo_owner_among_our_roles_does_not_end_migrate(own_postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(own_postgres.url(), autocommit=True) as there:
        there.execute("REVOKE halo_dba FROM halo_owner; GRANT halo_owner TO halo_dba")
        there.execute("CREATE DATABASE another")
    migrate(own_postgres.url("another"))
    with psycopg.connect(own_postgres.url("another")) as there:
        left = [row[0] for row in there.execute("SELECT statement FROM api.missing_role_statements()")]
    assert left == ["GRANT halo_dba TO halo_owner"]


def test_addresses_of_several_hosts_and_of_a_socket_are_understood(own_postgres: EmbeddedPostgres) -> None:
    by_host = f"postgresql://postgres@127.0.0.1:1,127.0.0.1:{own_postgres.port}/halobestie"
    by_socket = f"postgresql:///halobestie?host={quote(str(own_postgres.directory), safe='')}&port={own_postgres.port}"
    for url in (by_host, by_socket + "&user=postgres"):
        migrated = halobestie("migrate", DATABASE_URL=url)
        assert migrated.returncode == 0, migrated.stderr


def test_a_pooler_that_lends_backends_is_refused(postgres_server: PostgresServer, conn: psycopg.Connection) -> None:
    before = conn.execute(STATE).fetchall()
    with pgbouncer(postgres_server) as through:
        refused = halobestie("migrate", DATABASE_URL=through.url(conn.info.dbname))
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1), refused.stderr
    assert "give `migrate` an address of PostgreSQL itself" in refused.stderr
    assert conn.execute(STATE).fetchall() == before


def test_a_database_that_takes_no_writes_is_refused(conn: psycopg.Connection, database_url: str) -> None:
    conn.execute(f"ALTER DATABASE {conn.info.dbname} SET default_transaction_read_only = on".encode())
    refused = halobestie("migrate", DATABASE_URL=database_url)
    assert refused.returncode == 1
    assert "read-only" in refused.stderr
    assert "Traceback" not in refused.stderr
