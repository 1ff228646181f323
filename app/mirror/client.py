"""valkey-py's clients for every form of `VALKEY_URL`: for subscriptions, rate limits and tools.

The mirror itself speaks through app.mirror.server, which pipelines everything over one connection.
"""

from valkey.asyncio import ConnectionPool, Valkey
from valkey.asyncio.cluster import ValkeyCluster
from valkey.asyncio.connection import Connection, SSLConnection
from valkey.asyncio.sentinel import SentinelConnectionPool

from app.settings import ValkeySettings
from app.valkey.endpoint import Endpoint


def connect_valkey(settings: ValkeySettings, *, timeout: float | None = None) -> Valkey | ValkeyCluster:
    """A client that connects when it is first used; close it with `aclose()`.

    It waits for an answer at most `timeout` seconds, or VALKEY_TIMEOUT_MS when none are given; it tries nothing twice.
    Commands raise valkey.exceptions.ValkeyError.
    """
    endpoint = Endpoint.parse(settings.valkey_url)
    limit = settings.valkey_timeout_ms / 1000 if timeout is None else timeout
    if endpoint.master is not None:
        sentinel = endpoint.sentinel(socket_timeout=limit, ssl=endpoint.tls)
        client: Valkey = sentinel.master_for(endpoint.master, valkey_class=_MasterClient)
        return client
    if endpoint.is_cluster:
        return endpoint.cluster(socket_timeout=limit)
    host, port = endpoint.addresses[0]
    return Valkey.from_pool(
        ConnectionPool(
            connection_class=SSLConnection if endpoint.tls else Connection,
            host=host,
            port=port,
            socket_timeout=limit,
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
