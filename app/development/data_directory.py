"""The data directory of `halobestie run`: one run uses it at a time, and tools find that run's stores by it."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app.development.errors import StartError

_ADDRESSES = "addresses.json"


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Lock the data directory, which one run may use at a time; the lock of a killed run ends with it."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise StartError(
                f"A run with the pid {lock.read().strip() or 'unknown'} lives on {directory}:"
                " stop it, or give this one a directory of its own with DATA_DIR=…"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        try:
            yield
        finally:
            (directory / _ADDRESSES).unlink(missing_ok=True)


def publish(directory: Path, addresses: Mapping[str, str]) -> None:
    """Write down where this run's stores and apps are, by the names of the settings."""
    file = directory / _ADDRESSES
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
        json.dump(dict(addresses), new)


def addresses_of_run(directory: Path) -> dict[str, str] | None:
    """What the run that uses `directory` published; None when no run uses it, or the run is not ready yet."""
    try:
        with (directory / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        try:
            addresses: dict[str, str] = json.loads((directory / _ADDRESSES).read_text())
        except FileNotFoundError:
            return None
        return addresses
    return None
