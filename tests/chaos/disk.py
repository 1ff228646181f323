"""The disk of a run's PostgreSQL: a file system of its own where the machine allows it, so that it can become full."""

import contextlib
import os
import subprocess
from pathlib import Path
from typing import Self

SIZE = 1 << 30
TRIES = 20


class Disk:
    """A directory. As root, where the kernel allows it, it is a tmpfs that can be made as small as what it holds."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.can_be_full = False

    def __enter__(self) -> Self:
        self.directory.mkdir(parents=True)
        self.can_be_full = can_mount() and _mount("-t", "tmpfs", "-o", f"size={SIZE},mode=755", "tmpfs", self.directory)
        return self

    def __exit__(self, *_: object) -> None:
        if self.can_be_full:
            subprocess.run(["umount", "--lazy", str(self.directory)], check=True)

    def fill(self) -> None:
        """Leave no room: the next page that any file would need is refused with ENOSPC."""
        for _ in range(TRIES):  # it may grow between the look and the mount
            state = os.statvfs(self.directory)
            used = (state.f_blocks - state.f_bfree) * state.f_frsize
            if _mount("-o", f"remount,size={used}", self.directory):
                return
        raise OSError(f"{self.directory} could not be filled")

    def make_room(self) -> None:
        """Give the disk its size back."""
        if not _mount("-o", f"remount,size={SIZE}", self.directory):
            raise OSError(f"{self.directory} could not be given room")


def can_mount() -> bool:
    """Whether this process may mount a file system."""
    if os.geteuid() != 0:
        return False
    with contextlib.suppress(OSError, StopIteration, ValueError):
        status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        rights = next(line for line in status if line.startswith("CapEff:"))
        return bool(int(rights.split()[1], 16) >> 21 & 1)  # CAP_SYS_ADMIN
    return False


def _mount(*arguments: str | Path) -> bool:
    return subprocess.run(["mount", *map(str, arguments)], check=False, capture_output=True).returncode == 0
