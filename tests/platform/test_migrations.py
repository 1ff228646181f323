"""The loader: migrations once, every function always, triggers when they changed, nothing stale."""

import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from app.development.postgres import EmbeddedPostgres
from app.development.processes import Family
from app.postgres import migrations
from app.postgres.migrations import MigrationError, migrate, roll_back
from tests.support.catalogue import picture
from tests.support.waiting import START_SECONDS, until

FUNCTIONS = """
SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname IN ('core', 'api', 'ops') ORDER BY 1
"""
TRIGGERS = "SELECT tgname, xmin::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, tgrelid"
GREET = """
CREATE OR REPLACE FUNCTION core.greet(p_name text) RETURNS text LANGUAGE sql STABLE SET search_path = ''
AS $$ SELECT 'Hello ' || p_name $$;
"""
STAMP = """
CREATE OR REPLACE FUNCTION core.tg_notes__stamp() RETURNS trigger LANGUAGE plpgsql SET search_path = ''
AS $$ BEGIN NEW.note := NEW.note || '!'; RETURN NEW; END $$;
CREATE OR REPLACE TRIGGER _100_stamp BEFORE INSERT ON core.notes
FOR EACH ROW EXECUTE FUNCTION core.tg_notes__stamp();
"""


@pytest.fixture
def notes(conn: psycopg.Connection) -> None:
    """A table to hang triggers on."""
    conn.execute("CREATE TABLE core.notes (note text)")
    conn.execute("ALTER TABLE core.notes OWNER TO halo_owner")


def functions(conn: psycopg.Connection) -> list[str]:
    return [row[0] for row in conn.execute(FUNCTIONS)]


def write(house: Path, path: str, text: str) -> Path:
    file = house / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_migrating_again_changes_nothing(conn: psycopg.Connection, database_url: str) -> None:
    before, triggers = functions(conn), conn.execute(TRIGGERS).fetchall()

    report = migrate(database_url)

    assert (report.migrations, report.dropped, report.triggers) == ([], [], [])
    assert report.functions == len(list((migrations.DIRECTORY / "functions").rglob("*.sql")))
    assert functions(conn) == before
    assert conn.execute(TRIGGERS).fetchall() == triggers


def test_every_object_made_belongs_to_halo_owner(conn: psycopg.Connection) -> None:
    strangers = conn.execute(
        """
        SELECT relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
        WHERE nspname IN ('core', 'api', 'ops') AND relowner <> 'halo_owner'::regrole
        UNION ALL
        SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
        WHERE nspname IN ('core', 'api', 'ops') AND proowner <> 'halo_owner'::regrole
        """
    ).fetchall()
    assert strangers == []


def test_a_function_no_file_defines_is_dropped(conn: psycopg.Connection, database_url: str, house: Path) -> None:
    file = write(house, "functions/notes/greet.sql", GREET)
    migrate(database_url, house)
    assert conn.execute("SELECT core.greet('you')").fetchone() == ("Hello you",)

    file.unlink()
    assert migrate(database_url, house).dropped == ["core.greet(text)"]
    assert "core.greet(text)" not in functions(conn)


@pytest.mark.parametrize(
    ("new", "signature"),
    [
        pytest.param(GREET.replace("RETURNS text", "RETURNS varchar"), "core.greet(text)", id="result type"),
        pytest.param(GREET.replace("p_name", "p_whom"), "core.greet(text)", id="argument name"),
        pytest.param(
            GREET.replace("p_name text", "p_name varchar"), "core.greet(character varying)", id="argument type"
        ),
        pytest.param(
            GREET.replace("p_name text", "p_name text, p_loud boolean"), "core.greet(text,boolean)", id="more arguments"
        ),
        pytest.param(GREET.replace("p_name text", "p_name text = 'x'"), "core.greet(text)", id="default added"),
    ],
)
def test_a_changed_signature_replaces_the_old_one(
    conn: psycopg.Connection, database_url: str, house: Path, new: str, signature: str
) -> None:
    for text in (GREET, new, GREET):  # and back, which removes a default
        write(house, "functions/notes/greet.sql", text)
        migrate(database_url, house)
        expected = signature if text is new else "core.greet(text)"
        assert [name for name in functions(conn) if "greet" in name] == [expected]


def test_a_signature_that_something_else_depends_on_is_refused_and_nothing_changes(
    conn: psycopg.Connection, database_url: str, house: Path
) -> None:
    file = write(house, "functions/notes/greet.sql", GREET)
    migrate(database_url, house)
    conn.execute("CREATE VIEW public.greeting AS SELECT core.greet('you')")
    write(house, "functions/notes/part.sql", GREET.replace("greet", "part"))

    file.unlink()
    with pytest.raises(MigrationError, match=r"core\.greet\(text\)"):
        migrate(database_url, house)
    assert "core.greet(text)" in functions(conn)
    assert "core.part(text)" not in functions(conn)


def test_a_file_that_fails_is_named_with_its_line_and_nothing_changes(
    conn: psycopg.Connection, database_url: str, house: Path
) -> None:
    write(house, "functions/aaa/greet.sql", GREET)
    broken = write(house, "functions/zzz/broken.sql", "SELECT 1;\nSELECT 2;\nSELEKT 3;\n")

    with pytest.raises(MigrationError, match=re.escape(f"{broken}: line 3: syntax error")):
        migrate(database_url, house)
    assert "core.greet(text)" not in functions(conn)


@pytest.mark.usefixtures("notes")
def test_a_trigger_file_is_applied_when_its_text_changed_and_only_then(
    conn: psycopg.Connection, database_url: str, house: Path
) -> None:
    file = write(house, "triggers/notes__100_stamp.sql", STAMP)
    assert migrate(database_url, house).triggers == [file.name]
    assert migrate(database_url, house).triggers == []

    file.write_text(STAMP.replace("'!'", "'?'"))
    assert migrate(database_url, house).triggers == [file.name]
    assert conn.execute("INSERT INTO core.notes VALUES ('a') RETURNING note").fetchone() == ("a?",)


@pytest.mark.usefixtures("notes")
def test_a_trigger_that_its_file_no_longer_makes_is_dropped(
    conn: psycopg.Connection, database_url: str, house: Path
) -> None:
    file = write(house, "triggers/notes__100_stamp.sql", STAMP)
    migrate(database_url, house)
    file.write_text(STAMP.replace("_100_stamp", "_200_stamp"))
    migrate(database_url, house)

    names = conn.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'core.notes'::regclass").fetchall()
    assert names == [("_200_stamp",)]


@pytest.mark.usefixtures("notes")
def test_a_trigger_whose_file_is_gone_is_dropped_with_its_function(
    conn: psycopg.Connection, database_url: str, house: Path
) -> None:
    file = write(house, "triggers/notes__100_stamp.sql", STAMP)
    migrate(database_url, house)
    file.unlink()

    assert migrate(database_url, house).dropped == ["core.tg_notes__stamp"]
    assert conn.execute("INSERT INTO core.notes VALUES ('a') RETURNING note").fetchone() == ("a",)
    assert "core.tg_notes__stamp()" not in functions(conn)


@pytest.mark.usefixtures("notes")
def test_a_trigger_whose_file_is_gone_is_dropped_and_a_function_that_others_share_stays(
    conn: psycopg.Connection, database_url: str, house: Path
) -> None:
    shared, made = STAMP.replace("tg_notes__stamp", "tg_stamp").split("CREATE OR REPLACE TRIGGER")
    write(house, "functions/notes/tg_stamp.sql", shared)
    trigger = f"CREATE OR REPLACE TRIGGER{made}"
    file = write(house, "triggers/notes__100_stamp.sql", trigger)
    write(house, "triggers/notes__200_stamp.sql", trigger.replace("_100_", "_200_"))
    migrate(database_url, house)
    assert conn.execute("INSERT INTO core.notes VALUES ('a') RETURNING note").fetchone() == ("a!!",)

    file.unlink()
    assert migrate(database_url, house).dropped == []
    assert conn.execute("INSERT INTO core.notes VALUES ('a') RETURNING note").fetchone() == ("a!",)


@pytest.mark.usefixtures("notes")
def test_a_trigger_lost_with_its_table_comes_back_although_its_file_is_the_same(
    conn: psycopg.Connection, database_url: str, house: Path
) -> None:
    file = write(house, "triggers/notes__100_stamp.sql", STAMP)
    migrate(database_url, house)
    conn.execute("DROP TRIGGER _100_stamp ON core.notes")

    assert migrate(database_url, house).triggers == [file.name]
    assert conn.execute("INSERT INTO core.notes VALUES ('a') RETURNING note").fetchone() == ("a!",)


@pytest.mark.usefixtures("notes")
def test_a_trigger_waits_for_a_busy_table_without_holding_up_the_others(
    conn: psycopg.Connection, database_url: str, house: Path
) -> None:
    write(house, "triggers/notes__100_stamp.sql", STAMP)
    with ThreadPoolExecutor() as pool, psycopg.connect(database_url) as busy:
        busy.execute("INSERT INTO core.notes VALUES ('mine')")
        running = pool.submit(migrate, database_url, house)
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'core.notes'::regclass"
        until(lambda: conn.execute(waits).fetchone() == (1,), "the loader waits for the table")
        conn.execute("INSERT INTO core.notes VALUES ('theirs')")  # queues behind the loader, who soon steps back
        assert not running.done()
        busy.commit()
        assert running.result(timeout=START_SECONDS).triggers == ["notes__100_stamp.sql"]


def test_loaders_that_run_at_once_take_turns(empty_database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(migrate, [empty_database_url] * 4))
    applied = [name for report in reports for name in report.migrations]
    assert len(applied) == len(set(applied)) == sum(1 for _ in _migration_files())


def test_marks_that_yoyo_kept_in_another_schema_come_home(conn: psycopg.Connection, database_url: str) -> None:
    before = picture(conn)
    # as releases had it that let yoyo choose the place, with the lock of a migration that was killed
    conn.execute("CREATE SCHEMA elsewhere")
    for table in ("_yoyo_migration", "_yoyo_log", "_yoyo_version"):
        conn.execute(f"ALTER TABLE core.{table} SET SCHEMA elsewhere".encode())
        conn.execute(f"ALTER TABLE elsewhere.{table} OWNER TO postgres".encode())
    conn.execute("CREATE TABLE elsewhere.yoyo_lock AS SELECT 1 AS locked, now() AS ctime, 1 AS pid")
    conn.execute("CREATE SCHEMA another")  # another program that uses yoyo in this database
    conn.execute("CREATE TABLE another._yoyo_migration (LIKE elsewhere._yoyo_migration)")
    conn.execute("INSERT INTO another._yoyo_migration VALUES ('x', '0001.theirs', now())")

    assert migrate(database_url).migrations == []
    assert migrate(database_url).migrations == []
    assert picture(conn) == before
    left = conn.execute(
        "SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname LIKE '%yoyo_m%' AND relkind = 'r'"
    )
    assert sorted(left) == [("another",), ("core",)]


def test_yoyo_by_itself_applies_functions_and_triggers_too(empty_database_url: str) -> None:
    def apply(url: str) -> None:
        address = url.replace("postgresql://", "postgresql+psycopg://")
        steps = str(migrations.DIRECTORY / "migrations")
        yoyo = [sys.executable, "-m", "yoyo", "apply", "--batch", "--no-config-file", "--database", address, steps]
        applied = subprocess.run(yoyo, capture_output=True, text=True, check=False, timeout=START_SECONDS)
        assert applied.returncode == 0, applied.stderr

    apply(empty_database_url)
    report = migrate(empty_database_url)
    assert (report.migrations, report.dropped, report.triggers) == ([], [], [])
    with psycopg.connect(empty_database_url) as conn:
        assert conn.execute("SELECT to_regclass('public._yoyo_migration')").fetchone() == (None,)
        assert conn.execute("SELECT api.get_config('blast_size')").fetchone() == (10,)
    apply(f"{empty_database_url}?schema=core")  # where the marks are by now: there is nothing left to do


def test_every_migration_can_be_rolled_back_and_applied_again(empty_database_url: str) -> None:
    names = migrate(empty_database_url).migrations
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        before = picture(conn)
        for count in (1, len(names) // 2, len(names)):
            assert roll_back(empty_database_url, count) == names[::-1][:count]
            assert picture(conn) != before
            assert migrate(empty_database_url).migrations == names[-count:]
            assert picture(conn) == before

        roll_back(empty_database_url, len(names))
        assert picture(conn) == set()


def test_a_role_that_is_no_superuser_can_migrate(family: Family, server_directory: Path) -> None:
    log = server_directory / "log"
    server = EmbeddedPostgres(server_directory / "data", family=family, log=log, durable=False)
    server.start()
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute("CREATE ROLE deployer LOGIN CREATEDB CREATEROLE")
        admin.execute("CREATE DATABASE halobestie OWNER deployer")
    url = server.url("halobestie", role="deployer")

    assert migrate(url).migrations != []
    assert migrate(url).migrations == []
    names = [path.name.removesuffix(".sql") for path in _migration_files()]
    assert roll_back(url, len(names)) == names[::-1]
    server.kill()


def _migration_files() -> list[Path]:
    return sorted(p for p in (migrations.DIRECTORY / "migrations").glob("*.sql") if ".rollback" not in p.name)


def test_the_embedded_roles_are_the_least_privileged_ones(role_url: Callable[[str], str]) -> None:
    for role in ("halo_app", "halo_cc", "halo_listener"):
        with psycopg.connect(role_url(role)) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("SELECT FROM core.mitras")
