"""The databases of the proof, made once for each worker."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from pytest_postgresql.executors import NoopExecutor
from pytest_postgresql.janitor import DatabaseJanitor

from tests.proof import instrument
from tests.proof.interleavings import Explorer
from tests.proof.sizes import SWITCHES
from tests.support.servers import PostgresServer


@contextmanager
def _database(server: PostgresServer, template: NoopExecutor, purpose: str) -> Iterator[str]:
    name = f"{template.dbname}_{purpose}"
    with DatabaseJanitor(
        user=server.user,
        password=server.password,
        host=server.host,
        port=server.port,
        dbname=name,
        template_dbname=template.template_dbname,
    ):
        yield server.url(name)


@pytest.fixture(scope="session")
def stepped_url(postgres_server: PostgresServer, postgres_template: NoopExecutor) -> Iterator[str]:
    """The address of a database whose functions can be stepped."""
    with _database(postgres_server, postgres_template, "stepped") as url:
        with psycopg.connect(url, autocommit=True) as conn:
            instrument.set_up(conn)
        yield url


@pytest.fixture(scope="session")
def played_url(postgres_server: PostgresServer, postgres_template: NoopExecutor) -> Iterator[str]:
    """The address of a database that the state machine plays on."""
    with _database(postgres_server, postgres_template, "played") as url:
        yield url


@pytest.fixture
def explorer(stepped_url: str) -> Iterator[Explorer]:
    """Runs calls in all orders, from nothing."""
    with Explorer(stepped_url, switches=SWITCHES) as explorer:
        explorer.clear()
        yield explorer
