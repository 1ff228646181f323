"""The last release's API goes on working while the database is brought to this release.

last_release.tar.xz is that release: `git archive --format=tar <release> app db listeners pyproject.toml | xz`.
"""

import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from app.development.processes import free_port
from app.migrations import migrate
from app.needs import require_database
from tests.conftest import TEST_JWT_SECRET
from tests.support.catalogue import picture
from tests.support.servers import PostgresServer
from tests.support.waiting import until

ARCHIVE = Path(__file__).with_name("last_release.tar.xz")
ROLES = {"api": "halo_app", "internal": "halo_cc", "listener": "halo_listener"}
GRANTED = """
SELECT role.rolname || ' ' || p.oid FROM pg_proc AS p CROSS JOIN pg_roles AS role
WHERE p.pronamespace = ANY ('{api,ops}'::regnamespace[]) AND role.rolname LIKE 'halo%'
    AND has_function_privilege(role.oid, p.oid, 'EXECUTE')
"""


@pytest.fixture
def last_release(tmp_path: Path) -> Path:
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path / "last", filter="data")
    return tmp_path / "last"


@pytest.fixture
def old_url(last_release: Path, empty_database_url: str) -> str:
    """A database of the last release."""
    subprocess.run(
        [sys.executable, "-m", "app", "migrate"],
        cwd=last_release,
        env={**os.environ, "PYTHONPATH": str(last_release), "DATABASE_URL": empty_database_url},
        check=True,
        timeout=60,
    )
    return empty_database_url


class Town:
    """A customer and a mitra who use an API, and what its listener would do for them."""

    def __init__(self, client: httpx.Client, conn: psycopg.Connection) -> None:
        self._http = client
        self._conn = conn
        self._conn.execute("SELECT api.seed_demo()")
        phone = self.value("SELECT phone FROM core.mitras WHERE display_name = 'Mitra Satu'")
        self._ask("POST", "/api/auth/otp/request", phone=phone, user_type="mitra")
        self.mitra = self._ask("POST", "/api/auth/otp/verify", phone=phone, user_type="mitra", code="000000")[
            "access_token"
        ]
        self.customer = self._ask("POST", "/api/auth/customer/anonymous")["access_token"]

    def value(self, query: str, *params: object) -> Any:
        row = self._conn.execute(query.encode(), params).fetchone()
        assert row is not None
        return row[0]

    def begin(self) -> str:
        """A customer pays, a mitra accepts: the session that runs."""
        self._ask("POST", "/api/mitra/status/online", self.mitra)
        package = self._ask("GET", "/api/packages", self.customer)["items"][0]["id"]
        paid = self._ask("POST", "/api/payment-requests", self.customer, package_id=package)
        paid = self._ask("POST", f"/api/payment-requests/{paid['id']}/confirm", self.customer)
        assert self.value("SELECT count(*) FROM api.blast(%s)", paid["session_id"]) == 1
        offer = self._ask("GET", "/api/mitra/offers", self.mitra)["items"][0]["id"]
        session = self._ask("POST", f"/api/mitra/offers/{offer}/accept", self.mitra)
        assert session["status"] == "active"
        return str(session["id"])

    def talk(self, session: str) -> None:
        """Each says something, and the other reads it."""
        for writer, reader in ((self.customer, self.mitra), (self.mitra, self.customer)):
            said = self._ask(
                "POST", f"/api/chat/{session}/messages", writer, client_message_id=str(uuid4()), body="Halo"
            )
            self._ask("POST", f"/api/chat/{session}/read", reader, seq=said["seq"])
            assert self._ask("GET", f"/api/chat/{session}/messages", reader)["items"][-1]["body"] == "Halo"

    def end(self, session: str) -> None:
        """The customer ends it, the time for last words passes, and it is over."""
        assert self._ask("POST", f"/api/chat/{session}/end", self.customer)["status"] in ("closing", "completed")
        self._conn.execute("UPDATE core.chat_sessions SET closing_ends_at = now() WHERE id = %s", [session])
        while self.value("SELECT count(*) FROM api.run_due(100)"):
            pass
        assert self._ask("GET", f"/api/chat/{session}/info", self.mitra)["status"] == "completed"
        self._ask("POST", f"/api/chat/{session}/rating", self.customer, rating=5)

    def _ask(self, method: str, path: str, token: str | None = None, **body: object) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = self._http.request(method, path, json=body or None, headers=headers)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


@pytest.fixture
def town(
    last_release: Path, old_url: str, valkey_url: str, postgres_server: PostgresServer, tmp_path: Path
) -> Iterator[Town]:
    """Those who use the last release's API."""
    port, log = free_port(), tmp_path / "api.log"
    with psycopg.connect(old_url, autocommit=True) as conn, log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "api"],
            cwd=last_release,
            env={
                **os.environ,
                "PYTHONPATH": str(last_release),
                "APP_ENV": "development",
                "OTP_PROVIDER": "fixed",
                "DATABASE_URL": postgres_server.url(conn.info.dbname, role="halo_app"),
                "VALKEY_URL": valkey_url,
                "AUTH_JWT_SECRET": TEST_JWT_SECRET,
                "PUBLIC_HOST": "127.0.0.1",
                "PUBLIC_PORT": str(port),
            },
            stdout=output,
            stderr=output,
        )
        address = f"http://127.0.0.1:{port}"

        def is_ready() -> bool:
            assert process.poll() is None, log.read_text()
            try:
                return httpx.get(f"{address}/readyz", timeout=2).is_success
            except httpx.TransportError:
                return False

        try:
            until(is_ready, "the last release's API is ready", seconds=30)
            with httpx.Client(base_url=address, timeout=10, trust_env=False) as client:
                yield Town(client, conn)
        finally:
            process.terminate()
            process.wait(15)


def test_the_last_releases_api_works_on_while_the_database_becomes_this_releases(
    town: Town, old_url: str, conn: psycopg.Connection, postgres_server: PostgresServer
) -> None:
    session = town.begin()
    with psycopg.connect(old_url, autocommit=True) as there:
        granted = set(there.execute(GRANTED))
        report = migrate(old_url, before=True)
        assert granted <= set(there.execute(GRANTED))  # nothing dropped, no right taken back
        for process, role in ROLES.items():  # this release's processes may start
            require_database(postgres_server.url(there.info.dbname, role=role), process=process, role=role)
        town.talk(session)
        town.end(session)
        session = town.begin()
        town.talk(session)
        town.end(session)

        assert report.left == []
        assert migrate(old_url).dropped != []
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

    write(
        "functions/notes/greet.sql",
        GREET.replace("p_name text", "p_name text, p_how text").replace("(text)", "(text, text)"),
    )
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
            "function api.greet(text,text) text", "right of halo_app on api.greet(text,text)", "trigger _200_stamp",
            "relation core.more", "relation ops.more_notes",
        }  # fmt: skip
        assert old <= standing()
        assert conn.execute("SELECT api.part('x'), note FROM ops.notes").fetchone() == ("1", 1)

    report = migrate(database_url, house)
    assert (report.migrations, report.left) == (["9999.less.after"], [])
    assert report.dropped == ["api.greet(text)", "api.nod(text)"]
    assert standing() - old == {
        "function api.greet(text,text) text", "right of halo_app on api.greet(text,text)", "trigger _200_stamp",
        "function api.part_late(text) character varying", "relation ops.more_notes",
    }  # fmt: skip
    assert conn.execute("SELECT note, more FROM ops.notes").fetchone() == (2, 3)
