"""A mirror that nobody keeps, or that lost a key, is not believed; and it heals by itself."""

import asyncio

import psycopg
import pytest
import structlog.testing

from app.development.valkey import EmbeddedValkey
from app.mirror.gateway import Gateway
from app.mirror.server import Server
from app.postgres.database import Database
from app.settings import ListenerSettings
from tests.support.listening import Agrees, Listening, listening
from tests.support.market import Market, Person
from tests.support.mirror import Mirror
from tests.support.waiting import eventually

KEYS_OF_THE_MIRROR = (
    "online", "deactivated", "mitras", "free", "full", "lapsed", "ranked", "settings", "epoch", "alive", "leader",
    "building", "snapshot",
)  # fmt: skip


class Fleet:
    """Mitras of every kind."""

    def __init__(self, market: Market, conn: psycopg.Connection) -> None:
        self.free = [market.mitra(), market.mitra()]
        self.full, self.silent, deactivated = market.mitra(max_sessions=1), market.mitra(), market.mitra()
        market.mitra(online=False)
        market.session(market.customer(), self.full)
        market.deactivate(deactivated)
        conn.execute(
            "UPDATE core.mitra_online_status SET last_online_at = now() - interval '1 hour',"
            " last_heartbeat_at = now() - interval '1 hour' WHERE mitra_id = %s",
            [self.silent.id],
        )


@pytest.fixture
def fleet(market: Market, conn: psycopg.Connection) -> Fleet:
    return Fleet(market, conn)


async def answers_are_right(gateway: Gateway, fleet: Fleet) -> None:
    """Valkey's or PostgreSQL's, but never wrong ones."""
    assert (await gateway.beacon()).available_mitras == len(fleet.free)
    assert await gateway.candidates(10) in (None, [mitra.id for mitra in fleet.free])
    assert await gateway.reachable(fleet.full.id) in (None, True)
    assert await gateway.reachable(fleet.silent.id) in (None, False)
    await gateway.status()


async def test_any_lost_key_is_noticed_at_once_and_comes_back(
    fleet: Fleet, listener: Listening, mirror: Mirror, gateway: Gateway, agrees: Agrees
) -> None:
    await agrees()
    for key in KEYS_OF_THE_MIRROR:
        await mirror.server.command("DEL", getattr(mirror.keys, key), mirror.keys.snapshot)
        await answers_are_right(gateway, fleet)
        await asyncio.gather(*(gateway.beat(mitra.id) for mitra in fleet.free))
        await answers_are_right(gateway, fleet)

        await eventually(gateway.is_whole, f"the mirror is whole again without {key}")
        await answers_are_right(gateway, fleet)
        await agrees()


async def test_lost_keys_of_single_mitras_come_back(
    fleet: Fleet, listener: Listening, mirror: Mirror, gateway: Gateway, agrees: Agrees
) -> None:
    await agrees()
    mitras = [*fleet.free, fleet.full, fleet.silent]
    await mirror.server.command(
        "DEL", *(key for mitra in mitras for key in (mirror.keys.capacity(mitra.id), mirror.keys.heartbeat(mitra.id)))
    )
    await answers_are_right(gateway, fleet)
    await agrees()
    await answers_are_right(gateway, fleet)


async def test_a_planted_leader_epoch_is_overwritten_loudly(
    listener: Listening, market: Market, mirror: Mirror, agrees: Agrees
) -> None:
    await agrees()
    with structlog.testing.capture_logs() as logs:
        for planted in ("9223372036854775807", "nonsense"):
            await mirror.server.command("SET", mirror.keys.leader, planted)
            market.mitra()
            await agrees()
    planted_epochs = [entry for entry in logs if entry["event"] == "planted_leader_epoch"]
    assert [entry["log_level"] for entry in planted_epochs] == ["error", "error"]
    assert await listener.metric("halobestie_mirror_planted_epochs_total") >= 2


AS_A_REPLICA = pytest.mark.not_on("cluster", "a node of a cluster is made a replica by the cluster")
UNWRITABLE = {
    "full": (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0")),
    "a replica": (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE")),
    "short of replicas": (
        ("CONFIG", "SET", "min-replicas-to-write", "1"),
        ("CONFIG", "SET", "min-replicas-to-write", "0"),
    ),
}


@pytest.mark.parametrize("fault", ["full", pytest.param("a replica", marks=AS_A_REPLICA), "short of replicas"])
async def test_a_valkey_that_can_not_be_written_is_not_believed(
    own_valkey: EmbeddedValkey, listener_settings: ListenerSettings, fleet: Fleet, market: Market, app_db: Database,
    conn: psycopg.Connection, fault: str,
) -> None:  # fmt: skip
    settings = listener_settings.model_copy(update={"valkey_url": own_valkey.url})
    break_it, mend_it = UNWRITABLE[fault]
    admin = await Server.open(settings, name="admin", timeout=5)
    gateway = await Gateway.open(settings, app_db)
    customer = market.customer()
    try:
        async with listening(settings):
            await eventually(gateway.is_whole, "the mirror is whole")
            assert await gateway.lease("customer", customer.id, "a socket")
            assert await gateway.connected("customer", customer.id) is True
            await admin.command(*break_it)

            async def is_not_believed() -> bool:
                return not await admin.command("EXISTS", admin.keys.alive) and not await gateway.is_whole()

            await eventually(is_not_believed, "nobody believes it")
            market.value("SELECT api.go_offline(%s)", fleet.free[0].id)
            market.value("SELECT api.go_online(%s)", fleet.silent.id)
            beacon = await gateway.beacon()
            assert (beacon.available_mitras, beacon.source) == (2, "postgres")
            assert await gateway.candidates(10) is None
            assert await gateway.reachable(fleet.full.id) is None
            assert await gateway.connected("customer", customer.id) is None
            before = beat_in_postgres(conn, fleet.free[1])
            await gateway.beat(fleet.free[1].id)
            assert beat_in_postgres(conn, fleet.free[1]) != before

            await admin.command(*mend_it)
            await eventually(gateway.is_whole, "the mirror is whole again")
            assert (await gateway.beacon()).available_mitras == 2
    finally:
        await gateway.close()
        await admin.close()


def beat_in_postgres(conn: psycopg.Connection, mitra: Person) -> object:
    row = conn.execute(
        "SELECT last_heartbeat_at FROM core.mitra_online_status WHERE mitra_id = %s", [mitra.id]
    ).fetchone()
    assert row is not None
    return row[0]


async def test_an_evicting_policy_is_warned_of_when_a_listener_begins_to_lead(
    own_valkey: EmbeddedValkey, listener_settings: ListenerSettings
) -> None:
    settings = listener_settings.model_copy(update={"valkey_url": own_valkey.url})
    admin = await Server.open(settings, name="admin", timeout=5)
    await admin.command("CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lru")
    await admin.close()
    with structlog.testing.capture_logs() as logs:
        async with listening(settings):

            async def warned() -> bool:
                return any(entry["event"] == "valkey_evicts" for entry in logs)

            await eventually(warned, "it is said")
