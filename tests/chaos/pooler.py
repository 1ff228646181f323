"""The pooler of a run: PgBouncer in transaction mode, where the machine has it (Debian: `pgbouncer`)."""

import os
import pwd
import shutil
import signal
import time
from pathlib import Path
from typing import Self

import psycopg

from app.development.errors import StartError
from app.development.postgres import HOST, EmbeddedPostgres
from app.development.processes import EmbeddedServer, Family, free_port

ROLES = ("halo_app", "halo_cc", "halo_listener", "postgres")
START_SECONDS = 20.0


def program() -> str | None:
    """PgBouncer's program; None where it is not installed."""
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")


class Pooler(EmbeddedServer):
    """PgBouncer before a PostgreSQL. `start` after `kill` takes the same port."""

    def __init__(self, path: str, directory: Path, *, family: Family, postgres: EmbeddedPostgres) -> None:
        super().__init__()
        self.port = free_port()
        self._path = path
        self._directory = directory / "pooler"
        self._family = family
        self._postgres = postgres

    @classmethod
    def where_installed(cls, directory: Path, *, family: Family, postgres: EmbeddedPostgres) -> Self | None:
        """A pooler; None where this machine has no PgBouncer."""
        path = program()
        return None if path is None else cls(path, directory, family=family, postgres=postgres)

    def start(self) -> None:
        """Start it and wait until it answers. Raises StartError."""
        self._directory.mkdir(parents=True, exist_ok=True)
        self._directory.chmod(0o755)  # as root, it runs as nobody
        users = self._directory / "users"
        users.write_text("".join(f'"{role}" ""\n' for role in ROLES))
        file = self._directory / "pgbouncer.ini"
        file.write_text(
            f"[databases]\n* = host={HOST} port={self._postgres.port}\n[pgbouncer]\n"
            f"listen_addr = {HOST}\nlisten_port = {self.port}\nunix_socket_dir =\nauth_type = trust\n"
            f"auth_file = {users}\npool_mode = transaction\nignore_startup_parameters = extra_float_digits\n"
            # A server that was away is found again within a second, and nobody waits for it much longer than for us.
            "server_login_retry = 1\nserver_connect_timeout = 3\nquery_wait_timeout = 5\nmax_client_conn = 500\n"
        )
        self._child = self._family.start(
            "pooler",
            [self._path, str(file)],
            log=self._directory / "pgbouncer.log",
            user=pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None,
            stop_signal=signal.SIGTERM,
            is_server=True,
        )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(f"postgresql://postgres@{HOST}:{self.port}/pgbouncer", connect_timeout=2).close()
            except psycopg.OperationalError as error:
                # its own console takes administrators alone: this refusal is an answer
                if "not allowed" in str(error) or "admin" in str(error):
                    return
                if time.monotonic() > deadline or self._child.exit_code() is not None:
                    raise StartError(f"PgBouncer did not start: {self._child.why_it_ended()}") from error
                time.sleep(0.05)
            else:
                return
