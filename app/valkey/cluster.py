"""valkey-py's client of a cluster, which forgets no address that it was given, and whose errors are all ValkeyError."""

from collections.abc import Iterable
from typing import Any, Self

from valkey.asyncio.cluster import ClusterNode, ValkeyCluster
from valkey.exceptions import ConnectionError as LostError
from valkey.exceptions import ValkeyClusterException


class Cluster(ValkeyCluster):
    """Looks for the nodes when it is first used, and again after each loss.

    The library itself forgets a node that failed, so it would never find the way back to a cluster of which it knew no
    other node; and it says that no node was reached by an exception that is no ValkeyError.
    """

    def __init__(self, addresses: Iterable[tuple[str, int]], **options: Any) -> None:  # valkey-py's own options
        super().__init__(startup_nodes=[ClusterNode(host, port) for host, port in addresses], **options)
        self._given = dict(self.nodes_manager.startup_nodes)

    async def initialize(self) -> Self:
        """Look for the nodes, unless they are known. Raises ValkeyError."""
        for name, node in self._given.items():
            self.nodes_manager.startup_nodes.setdefault(name, node)
        try:
            await super().initialize()
        except ValkeyClusterException as error:
            raise LostError(str(error)) from error
        return self

    async def holder(self, key: str) -> ClusterNode:
        """The node that holds `key` now. Raises ValkeyError."""
        await self.initialize()
        try:
            node = self.get_node_from_key(key)
        except ValkeyClusterException as error:
            raise LostError(str(error)) from error
        assert node is not None, "a key's primary is always known"
        return node

    async def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command on the node that holds its key, or on those that are named. Raises ValkeyError."""
        try:
            return await super().execute_command(*args, **kwargs)
        except ValkeyClusterException as error:
            raise LostError(str(error)) from error
