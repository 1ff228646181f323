"""Whether a session stays a session between here and PostgreSQL is noticed."""

import psycopg
import pytest

from app.postgres.pooler import lends_backends
from tests.support.pgbouncer import pgbouncer
from tests.support.servers import PostgresServer


def test_postgresql_itself_is_no_pooler(database_url: str) -> None:
    assert not lends_backends(database_url)


@pytest.mark.parametrize("size", [1, 5])
@pytest.mark.parametrize(("mode", "lends"), [("session", False), ("transaction", True), ("statement", True)])
def test_a_pooler_is_noticed_where_it_lends_backends(
    postgres_server: PostgresServer, conn: psycopg.Connection, mode: str, lends: bool, size: int
) -> None:
    if mode == "session":
        size += 1  # it needs a backend for each connection
    with pgbouncer(postgres_server, mode=mode, default_pool_size=size) as through:
        assert lends_backends(through.url(conn.info.dbname)) is lends
