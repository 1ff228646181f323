"""The last release's API goes on working while the database is brought to this release.

last_release.tar.xz is that release: `git archive --format=tar <release> app db listeners pyproject.toml | xz`.
"""

import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.postgres.migrations import migrate
from app.readiness.needs import ROLES, require_database
from tests.support.catalogue import picture
from tests.support.servers import PostgresServer
from tests.support.visitors import Visitors, serving
from tests.support.waiting import START_SECONDS

ROOT = Path(__file__).parents[2]
ARCHIVE = Path(__file__).with_name("last_release.tar.xz")
GRANTED = """
SELECT role.rolname || ' ' || p.oid FROM pg_proc AS p CROSS JOIN pg_roles AS role
WHERE p.pronamespace = ANY ('{api,ops}'::regnamespace[]) AND role.rolname LIKE 'halo%'
    AND has_function_privilege(role.oid, p.oid, 'EXECUTE')
"""
NAMELESS_MARKS = """
INSERT INTO core.message_watermarks (session_id, party, read_seq)
SELECT id, party, 0 FROM core.chat_sessions CROSS JOIN unnest('{customer,mitra}'::text[]) AS party
WHERE mitra_id IS NOT NULL
ON CONFLICT (session_id, party) DO UPDATE SET user_id = NULL
RETURNING session_id
"""
"""What the last release's API writes meanwhile: marks that name no person."""


@pytest.fixture
def last_release(tmp_path: Path) -> Path:
    with tarfile.open(ARCHIVE) as archive:
        archive.extraction_filter = lambda member, _: member  # it is ours; 3.11.2 knows no filter yet
        archive.extractall(tmp_path / "last")
    return tmp_path / "last"


@pytest.fixture
def old_url(last_release: Path, empty_database_url: str) -> str:
    """A database of the last release."""
    subprocess.run(
        [sys.executable, "-m", "app", "migrate"],
        cwd=last_release,
        env={**os.environ, "PYTHONPATH": str(last_release), "DATABASE_URL": empty_database_url},
        check=True,
        timeout=START_SECONDS,
    )
    return empty_database_url


@pytest.fixture
def visitors(last_release: Path, old_url: str, valkey_url: str, postgres_server: PostgresServer) -> Iterator[Visitors]:
    """Those who use the last release's API."""
    with psycopg.connect(old_url, autocommit=True) as conn:
        url = postgres_server.url(conn.info.dbname, role="halo_app")
        with serving(["api"], place=last_release, url=url, valkey_url=valkey_url) as served:
            yield Visitors(served, conn)


def test_the_last_releases_api_works_on_while_the_database_becomes_this_releases(
    visitors: Visitors, old_url: str, conn: psycopg.Connection, postgres_server: PostgresServer, valkey_url: str
) -> None:
    session = visitors.begin()
    with psycopg.connect(old_url, autocommit=True) as there:
        granted = set(there.execute(GRANTED))
        report = migrate(old_url, before=True)
        assert granted <= set(there.execute(GRANTED))  # nothing dropped, no right taken back
        urls = {process: postgres_server.url(there.info.dbname, role=role) for process, role in ROLES.items()}
        for process, url in urls.items():  # this release's processes may start
            require_database(url, process=process)
        visitors.talk(session)
        visitors.end(session)
        session = visitors.begin()
        visitors.talk(session)
        visitors.end(session)

        with serving(["api"], place=ROOT, url=urls["api"], valkey_url=valkey_url) as served:  # and work, beside the old
            newer = Visitors(served, there)
            session = newer.begin()
            newer.talk(session)
            newer.end(session)

        assert report.left == []
        marks = there.execute(NAMELESS_MARKS).fetchall()
        assert migrate(old_url).dropped != []
        assert len(marks) > 1
        assert there.execute("SELECT FROM core.message_watermarks WHERE user_id IS NULL").fetchall() == []
        assert picture(there) == picture(conn)


GREET = """
CREATE OR REPLACE FUNCTION api.greet(p_name text) RETURNS text LANGUAGE sql AS 'SELECT p_name';
GRANT EXECUTE ON FUNCTION api.greet(text) TO halo_app;
"""
STAMP = """
CREATE OR REPLACE FUNCTION core.tg_roles__stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE OR REPLACE TRIGGER _100_stamp BEFORE INSERT ON core.roles FOR EACH ROW EXECUTE FUNCTION core.tg_roles__stamp();
"""
STANDING = """
SELECT 'function ' || p.oid::regprocedure::text || ' ' || p.prorettype::regtype::text FROM pg_proc AS p
WHERE pronamespace = ANY ('{core,api,ops}'::regnamespace[])
UNION ALL SELECT 'right of halo_app on ' || p.oid::regprocedure::text FROM pg_proc AS p
WHERE pronamespace = 'api'::regnamespace AND has_function_privilege('halo_app', p.oid, 'EXECUTE')
UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE tgrelid = 'core.roles'::regclass AND NOT tgisinternal
UNION ALL SELECT 'relation ' || oid::regclass::text FROM pg_class
WHERE relnamespace = ANY ('{core,ops}'::regnamespace[])
"""


def test_before_adds_and_takes_nothing_away_and_after_does_the_rest(
    conn: psycopg.Connection, database_url: str, house: Path
) -> None:
    def standing() -> set[str]:
        return {row[0] for row in conn.execute(STANDING)}

    def write(path: str, text: str) -> None:
        (house / path).parent.mkdir(exist_ok=True)
        (house / path).write_text(text)

    for name in ("greet", "part", "part_late", "nod"):
        write(f"functions/notes/{name}.sql", GREET.replace("greet", name))
    write("triggers/roles__100_stamp.sql", STAMP)
    write("views/notes.sql", "CREATE VIEW ops.notes AS SELECT 1 AS note;")
    migrate(database_url, house)
    old = standing()

    more = "p_name text, p_how text = 'low', p_often int = 1"
    write("functions/notes/greet.sql", GREET.replace("p_name text", more).replace("(text)", "(text, text, int)"))
    write("functions/notes/part.sql", GREET.replace("greet", "part").replace("'SELECT p_name'", "'SELECT 1::text'"))
    write(
        "functions/notes/part_late.sql", GREET.replace("greet", "part_late").replace("RETURNS text", "RETURNS varchar")
    )
    (house / "functions/notes/nod.sql").unlink()
    write("triggers/roles__100_stamp.sql", STAMP.replace("_100_stamp", "_200_stamp"))
    write("views/notes.sql", "CREATE VIEW ops.notes AS SELECT 2 AS note, 3 AS more;")
    write("views/more_notes.sql", "CREATE VIEW ops.more_notes AS SELECT 2 AS note;")
    write("migrations/9998.more.sql", "CREATE TABLE core.more (); ALTER TABLE core.more OWNER TO halo_owner;")
    write("migrations/9999.less.after.sql", "DROP TABLE core.more;")

    for steps in (["9998.more"], []):
        report = migrate(database_url, house, before=True)
        assert (report.migrations, report.dropped, report.left) == (steps, [], ["api.part_late"])
        assert standing() - old == {
            "function api.greet(text,text,integer) text", "right of halo_app on api.greet(text,text,integer)",
            "trigger _200_stamp",
            "relation core.more", "relation ops.more_notes",
        }  # fmt: skip
        assert old <= standing()
        assert conn.execute("SELECT api.part('x'), note FROM ops.notes").fetchone() == ("1", 1)
        assert conn.execute("SELECT api.greet('x'), api.greet(p_name => 'y')").fetchone() == ("x", "y")
        assert conn.execute("SELECT api.greet('x', 'y', 1), api.greet('x', p_often => 1, p_how => 'y')").fetchone()

    report = migrate(database_url, house)
    assert (report.migrations, report.left) == (["9999.less.after"], [])
    assert report.dropped == ["api.greet(text)", "api.nod(text)"]
    assert standing() - old == {
        "function api.greet(text,text,integer) text", "right of halo_app on api.greet(text,text,integer)",
            "trigger _200_stamp",
        "function api.part_late(text) character varying", "relation ops.more_notes",
    }  # fmt: skip
    assert conn.execute("SELECT note, more, api.greet('x'), api.greet('x', 'y') FROM ops.notes").fetchone() == (
        2,
        3,
        "x",
        "x",
    )
