"""Child processes that never outlive their parent.

Each child runs in a process group of its own, so that Ctrl-C in a terminal reaches only the parent, which then ends
its children in order. A parent that is killed can't end its children: a small watchdog process does it, when the
parent's end of its pipe closes. If the watchdog is killed too, the next run ends the processes that the journal names.
"""

import json
import os
import pwd
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import psutil

from app.development import watchdog

_PORTS = range(15_000, 32_000)
_given_ports: set[int] = set()
# Stopping takes 12 seconds at most: the apps may need nearly nine, the servers get the rest.
_APPS_PATIENCE_SECONDS = 8.5
_PATIENCE_SECONDS = 11.5


class Stopped(KeyboardInterrupt):
    """A signal (Ctrl-C or another) asked this process to stop; raised wherever the program is."""


def free_port(host: str = "127.0.0.1") -> int:
    """A port on which nothing listens now, below the ports that the system gives to outgoing connections.

    No port is given again before many others, so that two that are asked for before either is used are two.
    """
    if len(_given_ports) > len(_PORTS) // 2:
        _given_ports.clear()
    while (port := secrets.choice(_PORTS)) in _given_ports or not port_is_free(host, port):
        pass
    _given_ports.add(port)
    return port


def port_is_free(host: str, port: int) -> bool:
    """Whether a server could listen on this port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # Servers set this too, so that closing connections of an earlier run don't keep the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def last_lines(log: Path, count: int = 20) -> str:
    """The last lines of a log file, for the message that says why a process ended."""
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
    except FileNotFoundError:
        return ""


@dataclass(frozen=True)
class Entry:
    """A child, as watchdog and journal know it; `started` tells it from a later process with the same pid."""

    name: str
    pid: int
    started: float
    stop_signal: int
    is_server: bool


@dataclass(frozen=True)
class Launch:
    """All that is needed to start a child, and to start it again."""

    name: str
    command: Sequence[str]
    log: Path | None
    env: Mapping[str, str] | None
    user: int | None
    stop_signal: signal.Signals
    is_server: bool


class Child:
    """One child process, in a process group of its own; started by its Family."""

    def __init__(self, launch: Launch, entry: Entry, process: subprocess.Popen[bytes]) -> None:
        self.launch = launch
        self.entry = entry
        self.log = launch.log
        self._process = process

    @property
    def name(self) -> str:
        """Its name in messages."""
        return self.entry.name

    @property
    def pid(self) -> int:
        """Its process id, which is also its process group's id."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """Its exit code; None while it runs, minus the signal's number when a signal ended it."""
        return self._process.poll()

    def send_signal(self, number: signal.Signals) -> None:
        """Send any signal, for example to pause it; does nothing when it has ended."""
        self._process.send_signal(number)

    def ask_to_stop(self) -> None:
        """Send the signal that ends it in good order."""
        self._process.send_signal(self.entry.stop_signal)

    def wait(self, timeout: float) -> bool:
        """Wait at most `timeout` seconds for its end. Returns whether it ended."""
        try:
            self._process.wait(max(0.0, timeout))
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self, timeout: float = 10.0) -> None:
        """Ask it to end, and kill it when it has not after `timeout` seconds."""
        self.ask_to_stop()
        if not self.wait(timeout):
            self.kill()

    def kill(self) -> None:
        """Kill it and all that it started."""
        if self.exit_code() is None:
            os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()

    def how_it_ended(self) -> str:
        """By which signal, or with which exit code."""
        code = self.exit_code()
        if code is not None and code < 0:
            return f"{self.name} was ended by {signal.Signals(-code).name}"
        return f"{self.name} ended with exit code {code}"

    def why_it_ended(self) -> str:
        """How it ended, and the last lines of its log."""
        how = self.how_it_ended()
        words = last_lines(self.log) if self.log else ""
        return f"{how}. The end of {self.log}:\n{words}" if words else f"{how}."


class EmbeddedServer:
    """A server in a process of its own, which `start` of a subclass begins."""

    def __init__(self) -> None:
        self._child: Child | None = None

    @property
    def child(self) -> Child:
        """Its process. Only after `start`."""
        assert self._child is not None, "started"
        return self._child

    def stop(self) -> None:
        """End it cleanly."""
        if self._child is not None:
            self._child.stop()

    def kill(self) -> None:
        """End it as a crash would."""
        if self._child is not None:
            self._child.kill()


class Family:
    """The children of this process: started one after the other, ended together, servers last."""

    def __init__(self, *, journal: Path | None = None) -> None:
        """`journal` is a file that lists them while they live, for `end_leftovers` of the next run."""
        self._children: list[Child] = []
        self._journal = journal
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._shielded = False
        self._stop_wanted = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop_wanted = True  # the children are stopped now anyway, so later signals change nothing
        self._shielded = True
        self.stop()

    def stop_on(self, *signals: signal.Signals) -> None:
        """Raise Stopped in this process at the first of these signals; later ones change nothing."""
        for number in signals:
            signal.signal(number, self._on_signal)

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path | None,
        env: Mapping[str, str] | None = None,
        user: int | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        is_server: bool = False,
    ) -> Child:
        """Start `command`; its output goes to the file `log`, or without one to where this process's output goes.

        `is_server` marks a child that other children need, so it is ended last. `user` is the system user it runs as.
        """
        if log is not None:
            log.unlink(missing_ok=True)
        # An ended child of this name is replaced; a running child of this name stays.
        self._children = [other for other in self._children if other.name != name or other.exit_code() is None]
        return self._launch(Launch(name, command, log, env, user, stop_signal, is_server))

    def restart(self, child: Child) -> Child:
        """Start an ended child again; its log goes on."""
        self._children.remove(child)
        return self._launch(child.launch)

    def _launch(self, launch: Launch) -> Child:
        # If this process stopped between a child's start and its entry, nothing would end the child.
        with self._shield():
            process = _spawn(launch)
            started = psutil.Process(process.pid).create_time()
            entry = Entry(launch.name, process.pid, started, int(launch.stop_signal), launch.is_server)
            child = Child(launch, entry, process)
            self._children.append(child)
            self._tell_watchdog(entry)
            self._write_journal()
        return child

    def ended(self) -> Child | None:
        """A child that ended by itself; None when there is none."""
        return next((child for child in self._children if child.exit_code() is not None), None)

    def stop(self) -> None:
        """End all children, servers last: they are asked to end, and killed when they take too long."""
        started = time.monotonic()
        for is_server, patience in ((False, _APPS_PATIENCE_SECONDS), (True, _PATIENCE_SECONDS)):
            members = [child for child in self._children if child.entry.is_server is is_server]
            for child in members:
                child.ask_to_stop()
            deadline = started + patience
            for child in members:
                if not child.wait(deadline - time.monotonic()):
                    child.kill()
        self._children = []
        if self._watchdog is not None:
            self._watchdog.communicate()  # closes the pipe, and waits until the watchdog found nothing to end
            self._watchdog = None
        if self._journal is not None:
            self._journal.unlink(missing_ok=True)

    def _on_signal(self, _number: int, _frame: object) -> None:
        if not self._stop_wanted:
            self._stop_wanted = True
            if not self._shielded:
                raise Stopped

    @contextmanager
    def _shield(self) -> Iterator[None]:
        wanted_before = self._stop_wanted
        self._shielded = True
        try:
            yield
        finally:
            self._shielded = False
        if self._stop_wanted and not wanted_before:
            raise Stopped

    def _tell_watchdog(self, entry: Entry) -> None:
        if self._watchdog is None:
            # No child inherits this end of the pipe, so it closes when this process dies.
            self._watchdog = subprocess.Popen(
                [sys.executable, "-m", watchdog.__name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
                cwd=Path(__file__).parents[2],
            )
        assert self._watchdog.stdin is not None, "the pipe was asked for"
        line = f"{entry.pid} {entry.started!r} {entry.stop_signal} {int(entry.is_server)}\n"
        self._watchdog.stdin.write(line.encode())
        self._watchdog.stdin.flush()

    def _write_journal(self) -> None:
        if self._journal is not None:
            unfinished = self._journal.with_suffix(".unfinished")
            unfinished.write_text(json.dumps([asdict(child.entry) for child in self._children], indent=1))
            unfinished.replace(self._journal)


def end_leftovers(journal: Path) -> list[str]:
    """End the processes that a killed run left, by its journal. Returns their names."""
    try:
        entries = [Entry(**entry) for entry in json.loads(journal.read_text(encoding="utf-8"))]
    except (FileNotFoundError, ValueError, TypeError):
        return []  # no earlier run, or it died while it wrote the journal
    found = [(entry, process) for entry in entries if (process := watchdog.find(entry.pid, entry.started))]
    for is_server in (False, True):
        watchdog.end((process, entry.stop_signal) for entry, process in found if entry.is_server is is_server)
    journal.unlink()
    return [entry.name for entry, _ in found]


def _spawn(launch: Launch) -> subprocess.Popen[bytes]:
    output: IO[bytes] | None = None
    user = launch.user
    if launch.log is not None:
        launch.log.parent.mkdir(parents=True, exist_ok=True)
        output = launch.log.open("ab")
    try:
        return subprocess.Popen(
            launch.command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=launch.env,
            process_group=0,
            # The other user may have no right to this directory.
            cwd=None if user is None else "/",
            user=user,
            group=None if user is None else pwd.getpwuid(user).pw_gid,
            extra_groups=None if user is None else [],
        )
    finally:
        if output is not None:
            output.close()
