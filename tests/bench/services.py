"""Which yardsticks this machine can run, and how a test starts one."""

from collections.abc import Callable, Sequence

import httpx
import pytest

from bench.yardsticks import commands

Start = Callable[[Sequence[str]], httpx.Client]
"""Starts a yardstick by its command, and gives a client of it."""

NEEDS_NODE = pytest.mark.skipif(
    not commands.has_node(),
    reason="NOT TESTED: the Node yardsticks lack their packages (make bench/yardsticks/node/node_modules/.ready)",
)
NEEDS_GO = pytest.mark.skipif(
    not commands.has_go(), reason="NOT TESTED: Go or its packages are not here (bench/yardsticks/go/heartbeat.go)"
)
