"""valkey-py's clients for every form of `VALKEY_URL`: for subscriptions, rate limits and tools.

The mirror has a way of its own, which pipelines everything over one connection (app.mirror.server).
"""

from valkey.asyncio import ConnectionPool, Valkey
from valkey.asyncio.cluster import ValkeyCluster
from valkey.asyncio.connection import Connection, SSLConnection
from valkey.asyncio.sentinel import SentinelConnectionPool

from app.valkey.endpoint import Endpoint


def connect_valkey(url: str, *, timeout: float) -> Valkey | ValkeyCluster:
    """A client that connects when it is first used; close it with `aclose()`.

    It waits for an answer at most `timeout` seconds, and tries nothing twice. Commands raise
    valkey.exceptions.ValkeyError.
    """
    endpoint = Endpoint.parse(url)
    if endpoint.master is not None:
        sentinel = endpoint.sentinel(socket_timeout=timeout, ssl=endpoint.tls)
        client: Valkey = sentinel.master_for(endpoint.master, valkey_class=_MasterClient)
        return client
    if endpoint.is_cluster:
        return endpoint.cluster(socket_timeout=timeout)
    host, port = endpoint.addresses[0]
    return Valkey.from_pool(
        ConnectionPool(
            connection_class=SSLConnection if endpoint.tls else Connection,
            host=host,
            port=port,
            socket_timeout=timeout,
            **endpoint.options,
        )
    )


class _MasterClient(Valkey):
    """A client of the master that closes its connections to the sentinels, too."""

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        await super().aclose(close_connection_pool)
        pool = self.connection_pool
        assert isinstance(pool, SentinelConnectionPool), "it was made by master_for"
        for sentinel in pool.sentinel_manager.sentinels:
            await sentinel.aclose()
