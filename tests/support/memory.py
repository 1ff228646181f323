"""Where the servers of tests keep their data: in memory, where that has room."""

import os
from pathlib import Path
from shutil import disk_usage, rmtree
from tempfile import TemporaryDirectory

import psutil

MEMORY = Path("/dev/shm")
_ROOM_BYTES = 6 * 1024**3
_PREFIX = "halobestie-test-"


def data_directory() -> TemporaryDirectory[str]:
    """A directory for a server's data; a database is copied in memory in a tenth of the time.

    Not one of pytest's: as root, PostgreSQL runs as a system user, whom any other run of pytest that begins meanwhile
    would lock out of pytest's directories.
    """
    return TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-", dir=MEMORY if _has_room() else None)


def remove_remains(place: Path = MEMORY) -> None:
    """Remove what killed runs left: the names of its directories begin with the number of a process that is gone."""
    for directory in place.glob(f"{_PREFIX}*"):
        number = directory.name.removeprefix(_PREFIX).partition("-")[0]
        if number.isdecimal() and not psutil.pid_exists(int(number)):
            rmtree(directory, ignore_errors=True)


def _has_room() -> bool:
    if not os.access(MEMORY, os.W_OK):
        return False
    return bool(min(disk_usage(MEMORY).free, psutil.virtual_memory().available) >= _ROOM_BYTES)
