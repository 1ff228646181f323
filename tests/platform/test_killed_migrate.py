"""`migrate` is killed at some moment, then run again: the database becomes what an undisturbed one is.

`MIGRATE_KILLS` says at how many moments, evenly spread over what a whole run sends to PostgreSQL; 12 without it.
"""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from app.postgres.migrations import migrate
from tests.support.catalogue import picture
from tests.support.servers import PostgresServer
from tests.support.sizes import in_proof_alone, in_turn
from tests.support.waiting import START_SECONDS, until

KILLS = int(os.environ.get("MIGRATE_KILLS", "12"))
MIGRATE = "import sys; from app.postgres.migrations import migrate; migrate(sys.argv[1])"
INVALID = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"


class CountingProxy:
    """Passes on what clients send to a server, and tells after each piece how many bytes it were."""

    def __init__(self, server: PostgresServer, passed: Callable[[int], None]) -> None:
        self._to = (server.host, server.port)
        self._passed = passed
        self._count = 0
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def close(self) -> None:
        """Let nobody in any more, and wait until everybody has left."""
        self._door.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(START_SECONDS)
        self._door.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._door.accept()
                self._threads.append(threading.Thread(target=self._carry, args=[client]))
                self._threads[-1].start()

    def _carry(self, client: socket.socket) -> None:
        with suppress(OSError), client, socket.create_connection(self._to) as server:
            while True:
                ready, _, _ = select.select([client, server], [], [])
                for source in ready:
                    piece = source.recv(65536)
                    if not piece:
                        return
                    (server if source is client else client).sendall(piece)
                    if source is client:
                        self._count += len(piece)
                        self._passed(self._count)


def run_through(server: PostgresServer, database: str, passed: Callable[[subprocess.Popen[bytes], int], None]) -> int:
    """Migrate in a process of its own, telling after each piece how many bytes it has sent; its exit code."""
    started = threading.Event()
    processes: list[subprocess.Popen[bytes]] = []

    def hear(count: int) -> None:
        started.wait(START_SECONDS)
        passed(processes[0], count)

    with closing(CountingProxy(server, hear)) as wire:
        through = PostgresServer("127.0.0.1", wire.port, server.user, server.password)
        processes.append(spawn(through.url(database)))
        started.set()
        return processes[0].wait(START_SECONDS)


def spawn(url: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", MIGRATE, url], cwd=Path(__file__).parents[2])


@contextmanager
def new_database(server: PostgresServer) -> Iterator[str]:
    name = f"killed_{uuid4().hex}"
    with psycopg.connect(server.url(server.maintenance_dbname), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
        yield name
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(scope="module")
def size(postgres_server: PostgresServer) -> int:
    """How many bytes a whole run sends."""
    counts: list[int] = []
    with new_database(postgres_server) as database:
        assert run_through(postgres_server, database, lambda _, count: counts.append(count)) == 0
    return max(counts)


@in_proof_alone("migrates again and again", has_cases_in_turn=True)
@pytest.mark.parametrize("moment", in_turn(range(KILLS)))
def test_a_killed_migrate_is_run_again_and_ends_where_an_undisturbed_one_does(
    conn: psycopg.Connection, postgres_server: PostgresServer, size: int, moment: int
) -> None:
    last = round(size * (moment + 0.5) / KILLS)

    def kill(process: subprocess.Popen[bytes], count: int) -> None:
        if count >= last:
            process.kill()

    with new_database(postgres_server) as database:
        assert run_through(postgres_server, database, kill) == -signal.SIGKILL
        migrate(postgres_server.url(database))
        with psycopg.connect(postgres_server.url(database)) as there:
            assert picture(there) == picture(conn)
            assert there.execute(INVALID).fetchall() == []


def test_an_index_that_was_half_made_is_made_again(
    conn: psycopg.Connection, postgres_server: PostgresServer, house: Path
) -> None:
    for path in (house / "migrations").glob("*.sql"):
        if path.name[:4] >= "0009":
            path.unlink()
    with new_database(postgres_server) as database:
        url = postgres_server.url(database)
        for folder in ("functions", "triggers", "views"):
            for path in (house / folder).rglob("*.sql"):
                path.unlink()  # those of today would not fit the tables of then
        migrate(url, house, drop=True)
        with psycopg.connect(url) as busy, psycopg.connect(url, autocommit=True) as there:
            busy.execute("LOCK TABLE core.payment_requests IN ROW EXCLUSIVE MODE")  # as somebody writing to it does
            process = spawn(url)
            until(lambda: there.execute(INVALID).fetchall(), "an index is half made")
            process.kill()
            process.wait(START_SECONDS)
            mine = "SELECT pid FROM pg_stat_activity WHERE application_name = 'halobestie-migrate'"
            until(lambda: not there.execute(mine).fetchall(), "PostgreSQL ends what nobody waits for")
            assert there.execute(INVALID).fetchall() != []
            busy.rollback()
            migrate(url)
            assert there.execute(INVALID).fetchall() == []
            assert picture(there) == picture(conn)
