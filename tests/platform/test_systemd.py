"""What systemd hears of each process: that it serves, that it lives, and that it ends."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from app.development.processes import free_port
from app.settings import ApiSettings
from tests.support.command import ROOT
from tests.support.tokens import TEST_JWT_SECRET
from tests.support.waiting import START_SECONDS

WATCHDOG_SECONDS = 0.6


@pytest.fixture
def hears() -> Iterator[socket.socket]:
    """Systemd's end of the socket."""
    with (
        TemporaryDirectory(prefix="halobestie-test-") as directory,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end,
    ):
        end.bind(f"{directory}/notify")
        end.settimeout(START_SECONDS)
        yield end


@pytest.mark.parametrize(
    ("command", "role"),
    [
        (["api"], "halo_app"),
        (["api", "--workers", "2"], "halo_app"),
        (["internal"], "halo_cc"),
        (["listener"], "halo_listener"),
    ],
    ids=" ".join,
)
def test_systemd_hears_that_a_process_serves_that_it_lives_and_that_it_ends(
    command: list[str],
    role: str,
    hears: socket.socket,
    app_url: Callable[[str], str],
    api_settings: ApiSettings,
    tmp_path: Path,
) -> None:
    port = free_port()
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            # the shell becomes the process, so its id is the one that systemd would know
            ["sh", "-c", 'WATCHDOG_PID=$$ exec "$@"', "sh", sys.executable, "-m", "app", *command],
            cwd=ROOT,
            env={
                **os.environ,
                "APP_ENV": "development",
                "OTP_PROVIDER": "fixed",
                "AUTH_JWT_SECRET": TEST_JWT_SECRET,
                "DATABASE_URL": app_url(role),
                "VALKEY_URL": api_settings.valkey_url,
                "METRICS_PORT": "0",
                "PUBLIC_HOST": "127.0.0.1",
                **dict.fromkeys(("PUBLIC_PORT", "INTERNAL_PORT", "LISTENER_PORT"), str(port)),
                "NOTIFY_SOCKET": hears.getsockname(),
                "WATCHDOG_USEC": str(int(WATCHDOG_SECONDS * 1e6)),
            },
            stdout=log,
            stderr=log,
        )

    def next_word() -> str:
        return hears.recv(100).decode()

    try:
        words = [next_word()]
        while words[-1] != "READY=1":
            words.append(next_word())
        with socket.create_connection(("127.0.0.1", port), timeout=START_SECONDS):
            pass  # READY is true: the port is open
        assert [next_word() for _ in range(3)] == ["WATCHDOG=1"] * 3
        process.send_signal(signal.SIGTERM)
        while (word := next_word()) != "STOPPING=1":
            assert word == "WATCHDOG=1"
        assert process.wait(START_SECONDS) == 0
    finally:
        process.kill()
        process.wait()
        assert "Traceback" not in (tmp_path / "log").read_text()


@pytest.mark.parametrize("address", [None, "/nobody/listens/here"])
def test_without_systemd_nothing_happens(monkeypatch: pytest.MonkeyPatch, address: str | None) -> None:
    from app.runtime import systemd

    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    if address is None:
        monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    else:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
    systemd.tell(systemd.READY)
    assert systemd.alive_seconds() is None


def test_a_child_does_not_answer_for_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    from app.runtime import systemd

    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getppid()))
    assert systemd.alive_seconds() is None
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    assert systemd.alive_seconds() == 10
