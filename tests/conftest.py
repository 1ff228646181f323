"""Fixtures that every room shares: real servers, a fresh database and an empty Valkey for each test.

The servers are embedded, one PostgreSQL and one Valkey for each pytest-xdist worker. `TEST_DATABASE_URL` names another
PostgreSQL to run on instead: a role that may create databases and roles, let in without a password for every role.
"""

import os
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from pytest_postgresql import factories
from pytest_postgresql.executors import NoopExecutor

from app.development import processes
from app.development.postgres import EmbeddedPostgres
from app.development.processes import Family, free_port
from app.development.valkey import EmbeddedValkey
from app.mirror import reader
from app.payments.xendit import Xendit
from app.postgres.database import SESSION, Database
from app.runtime.garbage_collection import look_seldom
from app.settings import ApiSettings, InternalSettings, ListenerSettings
from tests.support import ground
from tests.support.ground import pytest_collection_modifyitems as pytest_collection_modifyitems
from tests.support.market import Market, Person
from tests.support.memory import data_directory, remove_remains
from tests.support.people import People
from tests.support.pgbouncer import pgbouncer, without_prepared_statements
from tests.support.proof_numbers import pytest_terminal_summary as pytest_terminal_summary
from tests.support.reused import ReusedDatabase
from tests.support.servers import PostgresServer, fill_template
from tests.support.sockets import Outbox, outbox_at
from tests.support.tokens import TEST_JWT_SECRET
from tests.support.valkey_client import client_of
from tests.support.valkey_cluster import ClusterOfOne, ValkeyCluster, valkey_cluster
from tests.support.waiting import PATIENCE_SECONDS, VALKEY_TIMEOUT_MS
from tests.support.xendit.server import LocalXendit
from tests.support.xendit.server import serving as serving_xendit


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio, as the programs do."""
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_this_machine() -> Iterator[None]:
    """No setting of the machine, neither its environment nor a `.env` file, reaches a test: only this run's ground."""
    patch = pytest.MonkeyPatch()
    for group in (ApiSettings, InternalSettings, ListenerSettings):
        for name in group.model_fields:
            patch.delenv(name.upper(), raising=False)
        patch.setitem(group.model_config, "env_file", None)
    for name, value in ground.settings().items():
        patch.setenv(name, value)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def _leases_settle_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without a lease is away as soon as the mirror is whole: in a test nobody was leased before."""
    monkeypatch.setattr(reader, "LEASES_SETTLE_MS", 0)


@pytest.fixture(scope="session", autouse=True)
def _little_garbage_collection() -> None:
    """As in a server, the garbage collector looks no more through what was imported and collected."""
    look_seldom()


@pytest.fixture(scope="session", autouse=True)
def _no_remains() -> None:
    remove_remains()


@pytest.fixture(scope="session", autouse=True)
def _patient_requests() -> None:
    """A request that says nothing else waits as long as tests wait, instead of five seconds."""
    for phase in ("connect", "read", "write", "pool"):
        setattr(httpx._config.DEFAULT_TIMEOUT_CONFIG, phase, PATIENCE_SECONDS)


@pytest.fixture(scope="session", autouse=True)
def _own_ports() -> None:
    """Each pytest-xdist worker has a share of the ports, so that none takes one which another has just found free."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    processes._PORTS = processes._PORTS[worker :: int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))]


@contextmanager
def _directory() -> Iterator[Path]:
    """A directory for a server's data."""
    with data_directory() as directory:
        yield Path(directory)


@pytest.fixture
def server_directory() -> Iterator[Path]:
    """A directory for the data of a server that a test starts itself."""
    with _directory() as directory:
        yield directory


@pytest.fixture(scope="session")
def family() -> Iterator[Family]:
    """The servers that tests start; none outlives the run, however that ends."""
    with Family() as family:
        yield family


@pytest.fixture(scope="session")
def postgres_server(family: Family) -> Iterator[PostgresServer]:
    """The server that holds the test databases."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield PostgresServer.at(url)
        return
    with _directory() as directory:
        server = EmbeddedPostgres(directory / "data", family=family, log=directory / "postgres.log", durable=False)
        server.start()
        yield PostgresServer(server.host, server.port, "postgres")
        server.stop()


postgres_template = factories.postgresql_noproc(
    depends_on="postgres_server", dbname="halobestie_test", load=[fill_template]
)


@pytest.fixture(scope="session")
def reused_database(postgres_template: NoopExecutor) -> Iterator[ReusedDatabase]:
    """The database that tests have one after the other."""
    database = ReusedDatabase(postgres_template, has_role_settings="pooler" in ground.ON)
    yield database
    database.drop()


@pytest.fixture
def conn(reused_database: ReusedDatabase) -> Iterator[psycopg.Connection]:
    """A connection to this test's own database, as its owner, each statement its own transaction."""
    reused_database.refresh()
    with reused_database.lend() as conn:
        yield conn


@pytest.fixture
def people(conn: psycopg.Connection) -> People:
    """Makes people, and what goes on between them, in this test's own database: their ids."""
    return People(conn)


@pytest.fixture
def market(conn: psycopg.Connection) -> Market:
    """Makes the same, and logs the people in."""
    return Market(conn)


@pytest.fixture
def customer(market: Market) -> Person:
    """A customer."""
    return market.customer()


@pytest.fixture
def mitra(market: Market) -> Person:
    """A mitra, online."""
    return market.mitra()


@pytest.fixture
def session(market: Market, customer: Person, mitra: Person) -> UUID:
    """A session that runs, of the customer and the mitra, who goes online for it where a folder has it offline."""
    market.go_online(mitra)
    return market.session(customer, mitra)


@pytest.fixture
def role_url(postgres_server: PostgresServer, conn: psycopg.Connection) -> Callable[[str], str]:
    """The address of this test's database for one role: `role_url("halo_app")`."""
    return lambda role: postgres_server.url(conn.info.dbname, role=role)


@pytest.fixture
def app_url(
    request: pytest.FixtureRequest,
    role_url: Callable[[str], str],
    conn: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[str], str]:
    """The address that a program of ours has for one role: `role_url`, or through this run's pooler.

    A test with a PostgreSQL of its own has no pooler before it.
    """
    if "pooler" not in ground.ON or "own_postgres" in request.fixturenames:
        return role_url
    pooler: PostgresServer = request.getfixturevalue("pooler")
    monkeypatch.setenv("LISTEN_DATABASE_URL", role_url("halo_listener"))
    return lambda role: pooler.url(conn.info.dbname, role=role)


@pytest.fixture(scope="session")
def pooler(postgres_server: PostgresServer) -> Iterator[PostgresServer]:
    """The same server through PgBouncer, which lends a backend for each transaction."""
    with pgbouncer(postgres_server, server_login_retry=0.1, **without_prepared_statements()) as through:
        yield through


@pytest.fixture
def database_url(postgres_server: PostgresServer, conn: psycopg.Connection) -> str:
    """The address of this test's own database, for its owner."""
    return postgres_server.url(conn.info.dbname)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """A pool on this test's own database."""
    database = await Database.open(database_url, name="test", max_size=20)
    yield database
    await database.close()


@pytest.fixture(scope="session")
def valkey_server(family: Family, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey | ValkeyCluster]:
    """The Valkey that tests share, each finding it empty. A test that stops or kills Valkey takes `own_valkey`."""
    if "cluster" in ground.ON:
        with valkey_cluster(family) as cluster:
            yield cluster
        return
    server = EmbeddedValkey(family=family, log=tmp_path_factory.mktemp("valkey") / "valkey.log")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def valkey_url(valkey_server: EmbeddedValkey | ValkeyCluster) -> str:
    """The address of an empty Valkey."""
    with client_of(valkey_server.url) as client:
        client.flushall()
        client.script_flush()
    return valkey_server.url


@pytest.fixture
def own_valkey(family: Family, tmp_path: Path) -> Iterator[EmbeddedValkey]:
    """A Valkey for this test alone, which it may stop, kill, pause and start again on the same port."""
    kind = ClusterOfOne if "cluster" in ground.ON else EmbeddedValkey
    server = kind(family=family, log=tmp_path / "valkey.log")
    server.start()
    yield server
    server.kill()


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """An asynchronous connection to this test's own database, as its owner."""
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:
        yield conn


@pytest.fixture
async def outbox(owner: psycopg.AsyncConnection[Any], valkey_url: str) -> AsyncIterator[Outbox]:
    """The way of events to sockets, in the test's hands."""
    async with outbox_at(valkey_url, owner) as outbox:
        yield outbox


@pytest.fixture(scope="session")
def migrated_cluster(family: Family) -> Iterator[Path]:
    """The files of a server that holds the migrated database `halobestie`: a copy is made sooner than another one."""
    with _directory() as directory:
        server = EmbeddedPostgres(directory / "data", family=family, log=directory / "postgres.log", durable=False)
        server.start()
        with psycopg.connect(server.url(), autocommit=True) as admin:
            admin.execute("CREATE DATABASE halobestie")
        fill_template(host=server.host, port=server.port, user="postgres", password=None, dbname="halobestie")
        server.stop()
        yield directory / "data"


@pytest.fixture
def own_postgres(family: Family, server_directory: Path, migrated_cluster: Path) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL for this test alone, with the migrated database `halobestie`, which it may stop, kill and start."""
    subprocess.run(["cp", "-a", migrated_cluster, server_directory / "data"], check=True)
    log = server_directory / "postgres.log"
    server = EmbeddedPostgres(server_directory / "data", family=family, log=log, durable=False)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def long_locks(conn: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for a row or a table in this process waits as long as the test likes. Asked for before an app."""
    monkeypatch.setitem(SESSION, "lock_timeout", "1h")
    if "pooler" in ground.ON:  # where the settings of the roles hold
        for role in ("halo_app", "halo_cc", "halo_listener"):
            conn.execute(f"ALTER ROLE {role} IN DATABASE {conn.info.dbname} SET lock_timeout = '1h'".encode())


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that says nothing is given up soon. Asked for before whoever asks the provider."""
    monkeypatch.setattr(Xendit, "attempt_seconds", 1.0)
    monkeypatch.setattr(Xendit, "call_seconds", 3.0)
    monkeypatch.setattr(Xendit, "proof_seconds", 2.0)


@pytest.fixture
async def xendit() -> AsyncIterator[LocalXendit]:
    """The payment provider."""
    async with serving_xendit() as provider:
        yield provider


@pytest.fixture
def api_settings(app_url: Callable[[str], str], valkey_url: str) -> ApiSettings:
    """Settings of the public app on this test's stores, as the role it runs as."""
    return ApiSettings(
        app_env="development",
        database_url=app_url("halo_app"),
        valkey_url=valkey_url,
        auth_jwt_secret=TEST_JWT_SECRET,
        otp_provider="fixed",
        metrics_port=0,
        valkey_timeout_ms=VALKEY_TIMEOUT_MS,
    )


@pytest.fixture
def internal_settings(app_url: Callable[[str], str], valkey_url: str) -> InternalSettings:
    """Settings of the control centre's app on this test's stores, as the role it runs as."""
    return InternalSettings(
        app_env="development",
        database_url=app_url("halo_cc"),
        valkey_url=valkey_url,
        valkey_timeout_ms=VALKEY_TIMEOUT_MS,
        auth_jwt_secret=TEST_JWT_SECRET,
    )


@pytest.fixture
def listener_settings(app_url: Callable[[str], str], valkey_url: str) -> ListenerSettings:
    """Settings of the listener on this test's stores, as the role it runs as, on a port of its own."""
    return ListenerSettings(
        app_env="development",
        database_url=app_url("halo_listener"),
        valkey_url=valkey_url,
        valkey_timeout_ms=VALKEY_TIMEOUT_MS,
        listener_port=free_port(),
    )
