"""Listener and apps on Valkey Cluster: the node that holds their slot dies, and the slot moves to another node."""

import asyncio
from collections.abc import Iterator

import pytest

from app.development.processes import Family
from app.mirror.check import compare
from app.mirror.server import Server
from app.postgres.database import Database
from app.settings import ApiSettings, ListenerSettings
from tests.support.listening import listening
from tests.support.market import Market
from tests.support.sockets import Outbox, served
from tests.support.valkey_cluster import NODE_TIMEOUT_MS, PREFIX, ValkeyCluster, valkey_cluster
from tests.support.waiting import eventually


@pytest.fixture
def cluster(family: Family) -> Iterator[ValkeyCluster]:
    with valkey_cluster(family, replicas=1, timeout_ms=NODE_TIMEOUT_MS) as cluster:
        yield cluster


async def test_sockets_and_mirror_follow_their_slot(
    cluster: ValkeyCluster,
    api_settings: ApiSettings,
    listener_settings: ListenerSettings,
    db: Database,
    market: Market,
    outbox: Outbox,
) -> None:
    there = {"valkey_url": cluster.url, "valkey_key_prefix": PREFIX}
    mitra = market.mitra()
    channel = f"{PREFIX}user:{mitra.recipient}"
    api = api_settings.model_copy(update=there)

    async def both_are_subscribed() -> bool:
        heard: list[object] = cluster.holder.ask("PUBSUB", "SHARDNUMSUB", channel)
        return heard == [channel.encode(), 2]

    async with (
        listening(listener_settings.model_copy(update=there)),
        served(api) as one,
        served(api) as other,
        one.open(mitra) as device,
        other.open(mitra) as second,
    ):
        server = await Server.open(api, name="test", timeout=5)

        async def mirror_is_true() -> bool:
            return server.is_up and not await compare(db.call, server, second_looks=[0.05])

        for change in (None, cluster.fail_over, lambda: cluster.move(cluster.nodes[0])):
            if change is not None:
                await asyncio.to_thread(change)
            await eventually(both_are_subscribed, "both instances hear the node that holds the slot")
            await eventually(mirror_is_true, "the mirror is there, too")
            seq = await outbox.emit(mitra, "status_changed")
            for socket in (device, second):
                assert (await socket.until("status_changed"))[-1]["seq"] == seq
        await server.close()
