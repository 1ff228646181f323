"""Several processes serve the public port, and a supervisor starts them, replaces them and ends them.

The supervisor forks: a worker has all code at once, so it serves after a fraction of a second, and the code's memory is
there once. The supervisor itself has no thread, no event loop and no connection, which would not outlive a fork. It
takes signals one at a time (`sigtimedwait`); each child takes its own.
"""

import ctypes
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from multiprocessing.context import ForkProcess

import structlog

from app.runtime import garbage_collection, systemd
from app.runtime.backoff import pauses

log = structlog.get_logger(__name__)

SERVES = signal.SIGUSR1
"""With it a worker tells the supervisor that it serves."""

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0
"""A child that lived for so long is replaced after the first, shortest pause."""

END_SECONDS = 8.5
"""After so long without its end, a child that was asked to end is killed."""

_STOPS = (signal.SIGTERM, signal.SIGINT)
_HEARD = {*_STOPS, signal.SIGCHLD, SERVES}
_LONG_SECONDS = 3600.0
_PR_SET_PDEATHSIG = 1
_fork = multiprocessing.get_context("fork")


class Fork:
    """One place among the supervisor's children, whose process may be replaced."""

    def __init__(self, name: str, work: Callable[[bool], None]) -> None:
        """`work(is_first)` is what the process does; `is_first` while no process of the supervisor has served yet."""
        self._name = name
        self._work = work
        self._process: ForkProcess | None = None
        self._pauses = pauses(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
        self._started_at = 0.0
        self._due_at: float | None = None

    def start(self, *, is_first: bool = False) -> bool:
        """Start its process; when the system refuses that, it is tried again after a pause."""
        process = _fork.Process(target=_run, args=(self._work, is_first, self._name, os.getpid()))
        self._started_at = time.monotonic()
        try:
            process.start()
        except OSError as error:
            self._due_at = self._started_at + next(self._pauses)
            log.warning("child_not_started", child=self._name, reason=str(error))
            return False
        self._due_at = None
        self._process = process
        log.info("child_started", child=self._name, pid=process.pid)
        return True

    def exit_code(self) -> int | None:
        """The exit code of its process, minus the signal's number when a signal ended it; None while it runs."""
        return None if self._process is None else self._process.exitcode

    def replace(self) -> float:
        """Start its process again when that has ended and the pause is over; the seconds until there is more to do."""
        now = time.monotonic()
        if self._due_at is None:
            code = self.exit_code()
            if code is None:
                return _LONG_SECONDS
            if now - self._started_at >= STEADY_SECONDS:
                self._pauses = pauses(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
            pause = next(self._pauses)
            self._due_at = now + pause
            log.error("child_ended", child=self._name, exit_code=code, again_in_seconds=round(pause, 1))
        if self._due_at <= now and self.start():
            return _LONG_SECONDS
        return self._due_at - now

    def ask_to_end(self) -> None:
        """Send SIGTERM."""
        if self._process is not None:
            self._process.terminate()

    def end(self, patience: float) -> bool:
        """Wait for its end, and kill it after `patience` seconds; whether it ended well."""
        if self._process is None:
            return True
        self._process.join(patience)
        if self._process.exitcode is None:
            log.error("child_killed", child=self._name, after_seconds=END_SECONDS)
            self._process.kill()
            self._process.join()
        return self._process.exitcode == 0 or self._due_at is not None


def supervise(first: Fork, others: Sequence[Fork]) -> int:
    """Run `first`, and the `others` once it serves, until SIGTERM or SIGINT. Returns the exit code.

    When `first` can't be started, or ends before it serves, so does everything, with its exit code. Later a child that
    ends is replaced, after a pause that grows. A stop ends all children at the same time; 0 when each ended well.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
    garbage_collection.look_seldom()
    children = [first, *others]
    if not first.start(is_first=True):
        return 1
    has_served, wait = False, _LONG_SECONDS
    alive_seconds = systemd.alive_seconds() or _LONG_SECONDS
    while True:
        heard = signal.sigtimedwait(_HEARD, min(wait, alive_seconds))
        systemd.tell(systemd.ALIVE)
        number = None if heard is None else heard.si_signo
        if number in _STOPS:
            return _end(children)
        if number == SERVES and not has_served:
            has_served = True
            for child in others:
                child.start()
            systemd.tell(systemd.READY)
        if has_served:
            wait = min(child.replace() for child in children)
        elif (code := first.exit_code()) is not None:
            return code if code > 0 else 1


def _end(children: Sequence[Fork]) -> int:
    systemd.tell(systemd.STOPPING)
    deadline = time.monotonic() + END_SECONDS
    for child in children:
        child.ask_to_end()
    ended_well = [child.end(max(0.0, deadline - time.monotonic())) for child in children]
    return 0 if all(ended_well) else 1


def tell_serving(supervisor: int) -> None:
    """Tell the supervisor, whose process id this is, that this worker serves."""
    if os.getppid() == supervisor:
        os.kill(supervisor, SERVES)


def _run(work: Callable[[bool], None], is_first: bool, name: str, supervisor: int) -> None:
    """What a child does. A signal that comes while it begins waits until the child can take it."""
    os.setpgid(0, 0)  # Ctrl-C is for the supervisor alone: a second signal would cut what is being finished
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)  # a supervisor that was killed leaves nobody behind
    if os.getppid() != supervisor:
        return
    for number in _STOPS:
        signal.signal(number, lambda *_: sys.exit(0))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)
    os.environ.pop("NOTIFY_SOCKET", None)  # systemd hears the supervisor alone
    structlog.contextvars.bind_contextvars(worker=name)
    work(is_first)
