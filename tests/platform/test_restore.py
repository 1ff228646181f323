"""The drill of requirement/deployment.md: what was backed up is restored, whole and ready for business."""

import os
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.development.postgres import EmbeddedPostgres
from app.development.postgres import program as path_of
from app.development.processes import Family
from app.development.valkey import EmbeddedValkey
from app.postgres.migrations import migrate
from app.settings import ListenerSettings
from tests.support import psql
from tests.support.command import halobestie
from tests.support.listener_processes import process
from tests.support.people import People
from tests.support.sizes import in_proof_alone
from tests.support.waiting import START_SECONDS, until

CUSTOMERS = 25
ROWS = r"""
SELECT format('SELECT %L, count(*) FROM %s', c.oid::regclass, c.oid::regclass) FROM pg_class AS c
WHERE c.relnamespace = 'core'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
"""
MONEY = "SELECT * FROM ops.money_balance"


class BackedUp:
    """A server with the database `halobestie`, to be backed up or restored, and what is asked of it."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self.server = server
        self.url = server.url("halobestie")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as conn:
            return conn.execute(query.encode()).fetchall()

    def value(self, query: str) -> Any:
        return self.rows(query)[0][0]

    def counted(self) -> dict[str, int]:
        """How many rows each table has."""
        return {table: rows for (query,) in self.rows(ROWS) for table, rows in self.rows(query)}

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's own programs on this server."""
        command = [path_of(program), "-h", self.server.host, "-p", str(self.server.port), "-U", "postgres"]
        said = subprocess.run(
            [*command, *arguments], cwd="/", capture_output=True, text=True, check=False, timeout=START_SECONDS
        )
        assert said.returncode == 0, said.stderr


@pytest.fixture
def house(own_postgres: EmbeddedPostgres) -> BackedUp:
    """A house that has done business for a day."""
    house = BackedUp(own_postgres)
    said = psql.run(house.url, "-f", "db/psql/simulate_a_day.sql", variables={"customers": str(CUSTOMERS)})
    assert said.returncode == 0, said.stderr
    return house


def require_ready_for_business(house: BackedUp, valkey_url: str, settings: ListenerSettings, log: Path) -> None:
    """Steps 3 to 6 of the drill: `migrate` finds nothing, nothing is broken, and the mirror is seeded anew."""
    report = migrate(house.url)
    assert (report.migrations, report.triggers, report.dropped, report.left) == ([], [], [], [])
    assert house.rows("SELECT * FROM api.missing_role_statements()") == []
    assert house.rows("SELECT * FROM ops.invariant_violations") == []
    assert house.value("SELECT unaccounted FROM ops.money_balance") == 0
    of_listener = settings.model_copy(
        update={"database_url": house.server.url("halobestie", role="halo_listener"), "valkey_url": valkey_url}
    )
    with process(of_listener, log):
        checked = halobestie("mirror", "check", DATABASE_URL=of_listener.database_url, VALKEY_URL=valkey_url)
        assert checked.returncode == 0, checked.stdout + checked.stderr
    assert house.rows("SELECT * FROM ops.invariant_violations") == []
    assert house.value("SELECT unaccounted FROM ops.money_balance") == 0


def test_a_dump_is_restored_on_another_server(
    house: BackedUp,
    family: Family,
    server_directory: Path,
    own_valkey: EmbeddedValkey,
    listener_settings: ListenerSettings,
) -> None:
    there, money = house.counted(), house.rows(MONEY)
    assert there["core.payment_requests"] > CUSTOMERS / 2
    assert money[0] != (0,) * len(money[0])
    backup = server_directory / "backup"
    backup.mkdir()
    house.run("pg_dumpall", "--roles-only", "-f", f"{backup}/roles.sql")
    house.run("pg_dump", "-Fc", "-f", f"{backup}/halobestie.dump", "halobestie")
    house.server.stop()

    other = EmbeddedPostgres(
        server_directory / "other", family=family, log=server_directory / "other.log", durable=False
    )
    other.start()
    try:
        restored = BackedUp(other)
        # The role that dumped is there already, and is the only one whose making fails.
        roles = [line for line in (backup / "roles.sql").read_text().splitlines() if line != "CREATE ROLE postgres;"]
        (backup / "roles.sql").write_text("\n".join(roles))
        said = psql.run(other.url(), "-f", f"{backup}/roles.sql")
        assert said.returncode == 0, said.stderr
        restored.run("createdb", "halobestie")
        restored.run("pg_restore", "--exit-on-error", "-d", "halobestie", f"{backup}/halobestie.dump")
        assert restored.counted() == there
        assert restored.rows(MONEY) == money
        require_ready_for_business(restored, own_valkey.url, listener_settings, server_directory / "listener.log")
    finally:
        other.kill()


@in_proof_alone("starts three servers")
def test_it_goes_back_to_a_moment_by_archived_wal_and_a_mirror_of_the_lost_future_is_overwritten(
    house: BackedUp,
    family: Family,
    server_directory: Path,
    own_valkey: EmbeddedValkey,
    listener_settings: ListenerSettings,
) -> None:
    archive, log = server_directory / "archive", server_directory / "listener.log"
    archive.mkdir()
    archive.chmod(0o777)  # as root, PostgreSQL runs as another user
    with psycopg.connect(house.url, autocommit=True) as conn:
        for setting in ("archive_mode = on", f"archive_command = 'cp %p {archive}/%f'"):
            conn.execute(f"ALTER SYSTEM SET {setting}".encode())
    house.server.stop()
    house.server.start()
    base = server_directory / "base"
    house.run("pg_basebackup", "-D", str(base), "-X", "none", "--no-sync", "-c", "fast")

    with psycopg.connect(house.url, autocommit=True) as conn:
        people = People(conn)
        mitra = people.mitra()
        people.session(mitra)
    then, money = house.counted(), house.rows(MONEY)
    moment = house.value("SELECT clock_timestamp()")
    with psycopg.connect(house.url, autocommit=True) as conn:
        people = People(conn)
        for _ in range(3):
            people.session(people.mitra())
    of_listener = listener_settings.model_copy(
        update={
            "database_url": house.server.url("halobestie", role="halo_listener"),
            "valkey_url": own_valkey.url,
        }
    )
    with process(of_listener, log):
        pass  # Valkey now holds what will never have been
    last = house.value("SELECT pg_walfile_name(pg_switch_wal())")
    until(lambda: (archive / last).exists(), "the last segment is archived", seconds=START_SECONDS)
    house.server.stop()

    (base / "recovery.signal").touch()
    with (base / "postgresql.auto.conf").open("a") as settings:
        settings.write(
            f"archive_mode = off\nrestore_command = 'cp {archive}/%f %p'\nrecovery_target_time = '{moment}'\n"
            "recovery_target_action = promote\n"
        )
    owner = house.server.directory.stat()
    for path in (base, *base.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid)
    restored = BackedUp(EmbeddedPostgres(base, family=family, log=server_directory / "base.log", durable=False))
    restored.server.start()
    try:
        until(lambda: not restored.value("SELECT pg_is_in_recovery()"), "it is promoted", seconds=START_SECONDS)
        assert restored.counted() == then
        assert restored.rows(MONEY) == money
        require_ready_for_business(restored, own_valkey.url, listener_settings, log)
    finally:
        restored.server.kill()
