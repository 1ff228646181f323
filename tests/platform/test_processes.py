"""Children: ended in order, never left behind, and servers that come back after a crash."""

import os
import signal
import sys
from pathlib import Path

import psycopg
import pytest
import valkey

from app.development.postgres import EmbeddedPostgres
from app.development.processes import Family, Stopped, free_port
from app.development.valkey import EmbeddedValkey
from tests.support.waiting import until

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)",
]


def test_servers_end_after_those_who_use_them(tmp_path: Path) -> None:
    script = (
        "import signal, sys, time, pathlib\n"
        "signal.signal(signal.SIGTERM, lambda *_: (open(sys.argv[1], 'a').write(sys.argv[2] + ' '), sys.exit(0)))\n"
        "pathlib.Path(sys.argv[1] + sys.argv[2]).touch()\n"
        "time.sleep(600)\n"
    )
    order = tmp_path / "order"
    with Family() as family:
        for name, is_server in (("server", True), ("app", False)):
            family.start(name, [sys.executable, "-c", script, str(order), name], log=None, is_server=is_server)
        _until_exists(tmp_path / "orderserver", tmp_path / "orderapp")
    assert order.read_text() == "app server "


def test_a_child_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    with Family() as family:
        child = family.start("deaf", STUBBORN, log=tmp_path / "log")
        until(lambda: (tmp_path / "log").read_text(), "it is deaf")
        child.stop(timeout=0.2)
        assert child.exit_code() == -signal.SIGKILL


def test_the_first_signal_stops_this_process_and_later_ones_do_not_disturb_it() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    try:
        with Family() as family:
            family.stop_on(signal.SIGUSR1)
            with pytest.raises(Stopped):
                os.kill(os.getpid(), signal.SIGUSR1)
            os.kill(os.getpid(), signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_a_killed_postgres_starts_again_on_the_same_port_with_what_was_committed(
    own_postgres: EmbeddedPostgres,
) -> None:
    port = own_postgres.port
    with psycopg.connect(own_postgres.url("halobestie"), autocommit=True) as conn:
        conn.execute("CREATE TABLE public.kept AS SELECT 1 AS one")
    own_postgres.kill()
    own_postgres.start()
    assert own_postgres.port == port
    with psycopg.connect(own_postgres.url("halobestie")) as conn:
        assert conn.execute("SELECT one FROM public.kept").fetchone() == (1,)


def test_a_lock_file_naming_a_stranger_is_taken_away(own_postgres: EmbeddedPostgres) -> None:
    own_postgres.stop()
    lock = own_postgres.directory / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{own_postgres.directory}\n")
    own_postgres.start()
    with psycopg.connect(own_postgres.url("halobestie")) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)


def test_ports_that_are_asked_for_before_any_is_used_are_different() -> None:
    assert len({free_port() for _ in range(200)}) == 200


def test_a_killed_valkey_starts_again_empty_on_the_same_port(own_valkey: EmbeddedValkey) -> None:
    port = own_valkey.port
    with valkey.Valkey(port=port) as client:
        client.set("a", "1")
    own_valkey.kill()
    own_valkey.start()
    with valkey.Valkey(port=port) as client:
        assert client.get("a") is None
    assert own_valkey.port == port


def _until_exists(*paths: Path) -> None:
    until(lambda: all(path.exists() for path in paths), "both started")
