"""The processes of a deployment as they are started: where they listen, what they say of themselves, how they end."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from app.development.processes import free_port
from tests.support.command import ROOT
from tests.support.ground import inherited
from tests.support.memory import remove_remains
from tests.support.tokens import TEST_JWT_SECRET
from tests.support.waiting import START_SECONDS, until


@contextmanager
def process(command: str, directory: Path, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run one of our processes, its log in a file."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "APP_ENV": "development",
        "OTP_PROVIDER": "fixed",
        "AUTH_JWT_SECRET": TEST_JWT_SECRET,
        **inherited(),
        **settings,
    }
    with (directory / "log").open("ab") as log:
        running = subprocess.Popen([sys.executable, "-m", "app", command], env=environment, cwd=directory, stderr=log)
    try:
        yield running
    finally:
        if running.poll() is None:
            running.kill()
        running.wait(START_SECONDS)


def logged(directory: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (directory / "log").read_text().splitlines()]


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def stores(app_url: Callable[[str], str], valkey_url: str) -> dict[str, str]:
    return {"DATABASE_URL": app_url("halo_app"), "VALKEY_URL": valkey_url}


def test_the_api_serves_both_families_and_its_metrics_and_says_where_and_when_it_ends(
    tmp_path: Path, stores: dict[str, str]
) -> None:
    public, metrics = free_port(), free_port()
    settings = {**stores, "PUBLIC_HOST": "::", "PORT": str(public), "METRICS_PORT": str(metrics)}
    with process("api", tmp_path, **settings) as api:
        until(lambda: answers(f"http://127.0.0.1:{public}/readyz"), "it is ready", seconds=START_SECONDS)
        assert answers(f"http://[::1]:{public}/healthz")
        page = httpx.get(f"http://127.0.0.1:{metrics}/metrics").text
        assert "halobestie_build_info{" in page
        assert 'route="/readyz"' in page
        assert "halobestie_subscription_alive" in page
        assert "halobestie_listener" not in page
        assert httpx.get(f"http://127.0.0.1:{public}/metrics").status_code == 404
        api.send_signal(signal.SIGTERM)
        assert api.wait(START_SECONDS) == 0
    lines = logged(tmp_path)
    (start,) = [line for line in lines if line["event"] == "process_starting"]
    assert start["process"] == "api"
    assert start["address"] == f":::{public}"
    assert start["metrics"] == f"127.0.0.1:{metrics}"
    assert start["database_role"] == "halo_app"
    assert start["version"]
    assert lines[-1]["event"] == "process_stopped"


_AWAY = """
import falcon.asgi, psycopg
from app.cli.servers import _serve
from app.runtime.ports import reserve
from app.serving.apps import Lifespan
from app.settings import TracedSettings

async def never():
    raise psycopg.OperationalError("nobody answers")

app = falcon.asgi.App(middleware=[Lifespan(never, print)])
try:
    _serve(app, reserve("127.0.0.1", 0, setting="PORT"), TracedSettings(), process="api")
except psycopg.OperationalError as error:
    print(error)
"""


def test_a_postgresql_that_stayed_away_at_the_start_is_an_error_for_people_without_a_stack() -> None:
    ended = subprocess.run([sys.executable, "-c", _AWAY], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "nobody answers\n", "")


def test_a_metrics_port_that_is_taken_is_a_warning(tmp_path: Path, stores: dict[str, str]) -> None:
    public = free_port()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with process("api", tmp_path, **stores, PUBLIC_PORT=str(public), METRICS_PORT=str(port)) as api:
            until(lambda: answers(f"http://127.0.0.1:{public}/readyz"), "it is ready", seconds=START_SECONDS)
            api.send_signal(signal.SIGTERM)
            assert api.wait(START_SECONDS) == 0
    (warning,) = [line for line in logged(tmp_path) if line["event"] == "metrics_not_served"]
    assert warning["level"] == "warning"
    assert f"METRICS_PORT: 127.0.0.1:{port} can't be used" in warning["reason"]


def test_what_a_killed_run_left_in_memory_is_removed_by_the_next_run(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    for number in (ended.pid, os.getpid()):
        (tmp_path / f"halobestie-test-{number}-abcdefgh" / "data").mkdir(parents=True)
    (tmp_path / "halobestie-test-abcdefgh").mkdir()
    remove_remains(tmp_path)
    kept = {f"halobestie-test-{os.getpid()}-abcdefgh", "halobestie-test-abcdefgh"}
    assert {directory.name for directory in tmp_path.iterdir()} == kept
