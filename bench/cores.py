"""Which cores the server under measurement has to itself, and which its load and the stores have."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

ALL = os.sched_getaffinity(0)
SERVER = {max(ALL)}
OTHERS = ALL - SERVER or ALL
"""On a machine of one core, everything shares it."""


def pinned(command: Sequence[str], cores: set[int] | None = SERVER) -> list[str]:
    """The command that runs `command`, all its threads included, on these cores; None = those of this process."""
    if cores is None:
        return list(command)
    return ["taskset", "--cpu-list", ",".join(map(str, sorted(cores))), *command]


@contextmanager
def on_the_others() -> Iterator[None]:
    """Leave the server's core, and so do all processes that this process starts meanwhile and does not pin."""
    os.sched_setaffinity(0, OTHERS)
    try:
        yield
    finally:
        os.sched_setaffinity(0, ALL)
