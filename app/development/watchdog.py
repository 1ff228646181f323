"""Ends the children of a process that was killed.

Reads from stdin one line for each child: pid, start time, the signal that asks it to end, whether it is a server. When
stdin closes, the parent has ended: children that still run are asked to end, servers last, and killed when that takes
long.
"""

import signal
import sys
from collections.abc import Iterable

import psutil

PATIENCE_SECONDS = 10.0


def end(processes: Iterable[tuple[psutil.Process, int]], patience: float = PATIENCE_SECONDS) -> None:
    """Send each process its signal, wait for all of them together, and kill those that still run."""
    asked = []
    for process, number in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue
        asked.append(process)
    _, stayed = psutil.wait_procs(asked, timeout=patience)
    for process in stayed:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue


def find(pid: int, started: float) -> psutil.Process | None:
    """The process with this pid, unless the pid belongs to another process now; None without one."""
    try:
        process = psutil.Process(pid)
        return process if process.create_time() == started else None
    except psutil.NoSuchProcess:
        return None


def main() -> None:
    """Wait for the parent's end, then end its children."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the watchdog ends after its parent, not before
    children = [line.split() for line in sys.stdin]
    for servers in (False, True):
        end(
            (process, int(number))
            for pid, started, number, is_server in children
            if bool(int(is_server)) is servers and (process := find(int(pid), float(started))) is not None
        )


if __name__ == "__main__":
    main()
