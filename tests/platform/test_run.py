"""`halobestie run`: everything starts from nothing, and nothing is left whichever way it ends."""

import json
import re
import shutil
import signal
import socket
import stat
import subprocess
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

import httpx
import psutil
import psycopg
import pytest
import valkey
from psycopg.conninfo import conninfo_to_dict

from app.development.settings import RunSettings
from app.development.supervisor import _environment
from app.settings import load
from tests.support.command import ROOT
from tests.support.run import Run, living, running
from tests.support.sizes import IS_PROOF, in_proof_alone
from tests.support.waiting import PATIENCE_SECONDS, START_SECONDS, until

# A run costs some seconds of processor, so several things are looked at in each.


def test_everything_runs_from_nothing_beside_another_run_and_is_gone_after_sigterm(server_directory: Path) -> None:
    directory = server_directory / "data"
    with running(server_directory / "fleet", SIMULATE="1") as fleet, running(directory) as run:
        fleet.wait_until_ready()
        run.wait_until_ready()
        assert _sessions(fleet.directory) > 1000, "a run with the fleet begins with a history"
        assert "simulate" in fleet.children()
        fleet.process.send_signal(signal.SIGINT)
        assert fleet.ended() == 0

        assert run.is_ready()
        children = run.children()
        assert set(children) == {"postgres", "valkey", "api", "internal", "listener"}
        _the_first_address_is_that_of_the_two_phones(run)
        assert _sessions(directory) == 0, "a run without the fleet makes up nothing"
        _the_demo_admins_may_log_in(run)
        _each_process_is_its_own_role(run)
        _the_token_secret_is_for_its_owner_only(directory)
        _no_other_user_reaches_the_servers(run)
        _no_other_machine_reaches_it(run)
        _another_run_on_the_same_directory_is_refused(directory, run)
        for shell in filter(shutil.which, ("sh", "bash", "zsh")):
            _the_tour_can_be_pasted_into(shell, run)

        run.process.send_signal(signal.SIGTERM)
        assert run.ended() == 0
        assert living(children) == []
        assert not (directory / "run.json").exists()
        assert run.output.endswith(f"Stopped. Your data is in {directory}; remove it to start afresh.\n")


@pytest.mark.grows
@pytest.mark.skipif(not IS_PROOF, reason="starts everything eight times: `make proof` does, and CI")
def test_parts_that_die_are_started_again_and_the_next_run_finds_the_data_of_a_killed_run(
    server_directory: Path,
) -> None:
    directory = server_directory / "data"
    with running(directory) as run:
        run.wait_until_ready()
        _parts_that_die_are_started_again(run)
        children = run.children()
        run.process.kill()
        until(lambda: living(children) == [], "the watchdog ended the children")
    secret = (directory / "auth_jwt_secret").read_text()

    with running(directory) as run:
        run.wait_until_ready()
        assert (directory / "auth_jwt_secret").read_text() == secret
        children = run.children()
        for watchdog in _watchdogs(run):
            watchdog.kill()
        run.process.kill()
        run.process.wait()
        assert set(living(children)) == set(children)

        with running(directory) as next_run:
            next_run.wait_until_ready()
            assert "Ended api, left over from a run that was killed." in next_run.output
            assert living(children) == []


@in_proof_alone("starts everything once more")
def test_stores_that_are_given_are_used_as_they_are_and_a_part_that_keeps_dying_ends_the_run_with_its_name(
    server_directory: Path, database_url: str, valkey_url: str, conn: psycopg.Connection
) -> None:
    with running(server_directory / "data", DATABASE_URL=database_url, VALKEY_URL=valkey_url) as run:
        run.wait_until_ready()
        children = run.children()
        assert set(children) == {"api", "internal", "listener"}
        assert conn.execute("SELECT count(*) > 0 FROM core.price_packages").fetchone() == (True,)
        assert not (server_directory / "data" / "postgres").exists()

        def kill_until_the_run_ends() -> bool:
            with suppress(psutil.NoSuchProcess, FileNotFoundError):
                run.children()["listener"].kill()
            return run.process.poll() is not None

        until(kill_until_the_run_ends, "the run gave up", seconds=START_SECONDS)
        assert run.process.returncode == 1
        assert "listener was ended by SIGKILL. The end of" in run.output
        assert living(children) == []


def test_a_port_in_use_is_named_and_nothing_is_started(server_directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running(server_directory / "data", INTERNAL_PORT=str(port)) as run:
            assert run.ended() == 1
            assert f"Port {port} of 127.0.0.1 is in use" in run.output
            assert "INTERNAL_PORT" in run.output
            assert not (server_directory / "data" / "postgres").exists()


def test_a_data_directory_of_another_postgres_is_explained(server_directory: Path) -> None:
    cluster = server_directory / "data" / "postgres"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("14\n")
    with running(server_directory / "data") as run:
        assert run.ended() == 1
        assert "was made by PostgreSQL 14 and this is 18" in run.output


def test_the_env_file_changes_what_a_run_has_defaults_for_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> tuple[str, str]:
        environment = _environment(load(RunSettings), tmp_path)
        return environment["OTP_PROVIDER"], environment["LOG_FORMAT"]

    monkeypatch.chdir(tmp_path)
    assert told() == ("fixed", "console")
    (tmp_path / ".env").write_text("OTP_PROVIDER=console\nLOG_FORMAT=json\n")
    assert told() == ("console", "json")
    monkeypatch.setenv("OTP_PROVIDER", "http")
    assert told() == ("http", "json")


def _parts_that_die_are_started_again(run: Run) -> None:
    for name in ("listener", "api", "valkey", "postgres"):
        former = run.children()[name]
        former.kill()

        def is_another(name: str = name, former: psutil.Process = former) -> bool:
            with suppress(psutil.NoSuchProcess):  # the journal still names the dead one
                return bool(run.children()[name] != former)
            return False

        until(is_another, f"{name} is started again", seconds=START_SECONDS)
        assert f"{name} was ended by SIGKILL; it is started again." in run.output
        until(run.is_ready, f"ready again after the end of {name}", seconds=START_SECONDS)


def _sessions(directory: Path) -> int:
    address = json.loads((directory / "addresses.json").read_text())["database_url"]
    with psycopg.connect(address) as conn:
        [count] = conn.execute("SELECT count(*) FROM core.chat_sessions").fetchone() or [0]
        return int(count)


def _the_first_address_is_that_of_the_two_phones(run: Run) -> None:
    assert re.findall(r"http://\S+", run.output)[0] == f"{run.url('public')}/demo"
    assert httpx.get(f"{run.url('public')}/demo/settings.json").json()["control_centre"] == run.url("internal")


def _the_demo_admins_may_log_in(run: Run) -> None:
    for name in ("admin", "second"):
        login = {"email": f"{name}@halobestie.local", "password": "halobestie-demo"}
        reply = httpx.post(
            f"{run.url('internal')}/internal/auth/login", json=login, trust_env=False, timeout=PATIENCE_SECONDS
        )
        assert reply.status_code == 200, reply.text


def _each_process_is_its_own_role(run: Run) -> None:
    address = next(word for word in run.output.split() if word.startswith("postgresql://"))
    with psycopg.connect(address) as conn:
        rows = conn.execute(
            "SELECT DISTINCT usename FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert {row[0] for row in rows} == {"halo_app", "halo_cc", "halo_listener"}


def _the_tour_can_be_pasted_into(shell: str, run: Run) -> None:
    """Each line as at a prompt, where zsh knows no comments."""
    tour = (ROOT / "README.md").read_text().partition("## Five minutes with curl")[2].partition("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", tour, re.DOTALL)
    lines = "".join(blocks).replace("API=http://127.0.0.1:3000", f"API={run.url('public')}")
    assert run.url("public") in lines
    assert not re.search(r"^\s*#|\s#\s", lines, re.MULTILINE)
    with TemporaryFile("w+") as output:  # not a pipe: its end would be waited for while the last `sleep` lives
        ended = subprocess.run(
            [shell], input=lines, stdout=output, stderr=output, text=True, check=False, timeout=START_SECONDS
        )
        output.seek(0)
        said = output.read()
    assert ended.returncode == 0, said
    assert "Traceback" not in said
    assert '"status":"active"' in said, said
    assert '"end_reason":"ended_by_customer"' in said, said


def _the_token_secret_is_for_its_owner_only(directory: Path) -> None:
    assert stat.S_IMODE((directory / "auth_jwt_secret").stat().st_mode) == 0o600


def _no_other_user_reaches_the_servers(run: Run) -> None:
    words = run.output.split()
    address = next(word for word in words if word.startswith("postgresql://"))
    sockets = Path(str(conninfo_to_dict(address)["host"]))
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert run.children()["postgres"].net_connections("inet") == []

    url = next(word for word in words if word.startswith("valkey://"))
    with (
        valkey.Valkey.from_url(url) as owner,
        valkey.Valkey(port=owner.connection_pool.connection_kwargs["port"]) as other,
    ):
        assert owner.ping()
        with pytest.raises(valkey.exceptions.AuthenticationError):
            other.ping()
    assert stat.S_IMODE((run.directory / "logs" / "valkey.conf").stat().st_mode) == 0o600


def _no_other_machine_reaches_it(run: Run) -> None:
    """The code of its logins is 000000: each part listens on loopback alone."""
    for name, child in run.children().items():
        listening = {at.laddr.ip for at in child.net_connections("inet") if at.status == psutil.CONN_LISTEN}
        assert listening <= {"127.0.0.1", "::1"}, name
        assert listening or name == "postgres", name


def _another_run_on_the_same_directory_is_refused(directory: Path, run: Run) -> None:
    with running(directory) as second:
        assert second.ended() == 1
        assert f"A run with the pid {run.process.pid} lives on {directory}" in second.output
    assert run.is_ready()


def _watchdogs(run: Run) -> list[psutil.Process]:
    found = [p for p in psutil.Process(run.process.pid).children() if "app.development.watchdog" in p.cmdline()]
    assert len(found) == 1
    return found
