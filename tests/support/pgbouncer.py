"""PgBouncer between a test and its server, where the machine has it (Debian: `apt-get install pgbouncer`)."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest

from app.development.processes import free_port
from tests.support.servers import PostgresServer
from tests.support.waiting import START_SECONDS, until

ROLES = ("halo_app", "halo_cc", "halo_listener", "halo_dba", "halo_readonly")


@contextmanager
def pgbouncer(server: PostgresServer, *, mode: str = "transaction", **settings: object) -> Iterator[PostgresServer]:
    """The same server through PgBouncer in this `mode`; `settings` are lines of its configuration."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("this machine has no pgbouncer")
    with TemporaryDirectory(prefix="halobestie-test-") as name:
        directory, port = Path(name), free_port()
        directory.chmod(0o755)  # as root, it runs as nobody
        (directory / "users").write_text("".join(f'"{user}" ""\n' for user in (server.user, *ROLES)))
        lines = {
            "listen_addr": "127.0.0.1",
            "listen_port": port,
            "unix_socket_dir": "",
            "auth_type": "trust",
            "auth_file": directory / "users",
            "pool_mode": mode,
            "ignore_startup_parameters": "extra_float_digits",
            **settings,
        }
        file = directory / "pgbouncer.ini"
        file.write_text(
            f"[databases]\n* = host={server.host} port={server.port}\n[pgbouncer]\n"
            + "".join(f"{key} = {value}\n" for key, value in lines.items())
        )
        process = subprocess.Popen(
            [program, "-q", str(file)],
            user="nobody" if os.geteuid() == 0 else None,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        through = PostgresServer("127.0.0.1", port, server.user, server.password)
        try:
            until(lambda: _answers(through.url(server.maintenance_dbname)), "PgBouncer answers")
            yield through
        finally:
            process.terminate()
            process.wait(START_SECONDS)


def without_prepared_statements() -> dict[str, Any]:
    """The setting for it, where PgBouncer could keep prepared statements apart."""
    program = shutil.which("pgbouncer", path="/usr/sbin") or "pgbouncer"
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"(\d+)\.(\d+)", said)
    is_able = version is not None and (int(version[1]), int(version[2])) >= (1, 21)
    return {"max_prepared_statements": 0} if is_able else {}


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url):
            return True
    except psycopg.OperationalError:
        return False
