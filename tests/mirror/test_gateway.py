"""The app's door to the mirror: Valkey while it can answer, PostgreSQL while it can't."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from uuid import UUID

import psycopg
import pytest

from app.development.valkey import EmbeddedValkey
from app.mirror import reader
from app.mirror.gateway import Gateway
from app.mirror.server import Server
from app.postgres.database import Database
from app.settings import ValkeySettings
from tests.support.market import Market
from tests.support.mirror import NO_BEACONS, Mirror, Truth
from tests.support.waiting import VALKEY_TIMEOUT_MS, eventually


@pytest.fixture
async def app_db(app_url: Callable[[str], str]) -> AsyncIterator[Database]:
    database = await Database.open(app_url("halo_app"), name="test")
    yield database
    await database.close()


@pytest.fixture
async def gateway(valkey_settings: ValkeySettings, app_db: Database) -> AsyncIterator[Gateway]:
    gateway = await Gateway.open(valkey_settings, app_db)
    yield gateway
    await gateway.close()


class OwnValkey:
    """A gateway and a mirror on a Valkey that may be stopped."""

    def __init__(self, valkey: EmbeddedValkey, gateway: Gateway, settings: ValkeySettings) -> None:
        self.valkey = valkey
        self.gateway = gateway
        self.settings = settings

    async def seed(self, *truths: Truth) -> None:
        server = await Server.open(self.settings, name="test", timeout=5)
        await Mirror(server, self.settings).seed(*truths)
        await server.close()


@pytest.fixture
async def own(own_valkey: EmbeddedValkey, app_db: Database) -> AsyncIterator[OwnValkey]:
    settings = ValkeySettings(valkey_url=own_valkey.url, valkey_timeout_ms=VALKEY_TIMEOUT_MS)
    gateway = await Gateway.open(settings, app_db)
    yield OwnValkey(own_valkey, gateway, settings)
    await gateway.close()


def heartbeat_in_postgres(conn: psycopg.Connection, mitra_id: UUID) -> datetime:
    row = conn.execute(
        "SELECT last_heartbeat_at FROM core.mitra_online_status WHERE mitra_id = %s", [mitra_id]
    ).fetchone()
    assert row is not None
    return row[0]  # type: ignore[no-any-return]


async def refusal(gateway: Gateway, mitra_id: UUID) -> str | None:
    with pytest.raises(psycopg.DatabaseError) as refused:
        await gateway.beat(mitra_id)
    return refused.value.diag.message_primary


async def test_a_beat_that_valkey_takes_costs_no_statement(
    mirror: Mirror, gateway: Gateway, market: Market, conn: psycopg.Connection
) -> None:
    mitra = market.mitra()
    await mirror.seed(Truth(mitra_id=mitra.id))
    before = heartbeat_in_postgres(conn, mitra.id)
    await gateway.beat(mitra.id)
    assert heartbeat_in_postgres(conn, mitra.id) == before


async def test_the_beats_of_one_turn_share_one_round_trip(mirror: Mirror, gateway: Gateway) -> None:
    truths = [Truth() for _ in range(200)]
    await mirror.seed(*truths[:100])
    await mirror.write(*truths[100:])
    await gateway.beat(truths[0].mitra_id)
    await mirror.server.command("CONFIG", "RESETSTAT")
    await asyncio.gather(*(gateway.beat(truth.mitra_id) for truth in truths))
    statistics = (await mirror.server.command("INFO", "commandstats")).decode()
    assert "cmdstat_evalsha:calls=1," in statistics


async def test_a_beat_while_offline_is_refused_with_not_online(
    mirror: Mirror, gateway: Gateway, market: Market
) -> None:
    mitra = market.mitra(online=False)
    await mirror.seed(Truth(mitra_id=mitra.id, is_online=False))
    assert await refusal(gateway, mitra.id) == "NOT_ONLINE"


async def test_a_beat_of_a_deactivated_mitra_is_refused_with_mitra_deactivated(
    mirror: Mirror, gateway: Gateway, market: Market
) -> None:
    mitra = market.mitra()
    market.deactivate(mitra)
    await mirror.seed(Truth(mitra_id=mitra.id, is_online=False, is_active=False))
    assert await refusal(gateway, mitra.id) == "MITRA_DEACTIVATED"


async def test_a_beat_that_the_mirror_does_not_expect_yet_is_judged_and_recorded_in_postgresql(
    mirror: Mirror, gateway: Gateway, market: Market, conn: psycopg.Connection
) -> None:
    mitra = market.mitra()
    await mirror.seed(Truth(mitra_id=mitra.id, is_online=False))
    before = heartbeat_in_postgres(conn, mitra.id)
    await gateway.beat(mitra.id)
    assert heartbeat_in_postgres(conn, mitra.id) > before


async def test_one_refused_beat_spoils_no_other_of_its_turn(mirror: Mirror, gateway: Gateway, market: Market) -> None:
    offline = market.mitra(online=False)
    online = Truth(beat_ago=50)
    await mirror.seed(online)
    outcomes = await asyncio.gather(
        gateway.beat(offline.id), gateway.beat(online.mitra_id), gateway.beat(offline.id), return_exceptions=True
    )
    assert [isinstance(outcome, psycopg.DatabaseError) for outcome in outcomes] == [True, False, True]


async def test_without_epoch_beats_are_judged_and_recorded_in_postgresql(
    mirror: Mirror, gateway: Gateway, market: Market, conn: psycopg.Connection
) -> None:
    mitra, offline = market.mitra(), market.mitra(online=False)
    await mirror.write(Truth(mitra_id=mitra.id), Truth(mitra_id=offline.id))
    before = heartbeat_in_postgres(conn, mitra.id)
    await gateway.beat(mitra.id)
    assert heartbeat_in_postgres(conn, mitra.id) > before
    assert await refusal(gateway, offline.id) == "NOT_ONLINE"


async def test_without_epoch_the_beacon_is_postgresqls(mirror: Mirror, gateway: Gateway, market: Market) -> None:
    market.mitra()
    await mirror.write(Truth(), Truth())
    beacon = await gateway.beacon()
    assert (beacon.available, beacon.available_mitras, beacon.source) == (True, 1, "postgres")
    assert await gateway.candidates(5) is None
    assert await gateway.online_mitras() is None
    assert await gateway.status() is None
    assert await gateway.reachable(Truth().mitra_id) is None
    await mirror.seed()
    beacon = await gateway.beacon()
    assert (beacon.available_mitras, beacon.source) == (2, "valkey")


async def test_a_whole_mirror_answers_every_question(mirror: Mirror, gateway: Gateway) -> None:
    best, loaded, full = Truth(), Truth(capacity=1), Truth(capacity=3)
    await mirror.seed(best, loaded, full, Truth(is_online=False, is_active=False))
    beacon = await gateway.beacon()
    assert (beacon.available, beacon.available_mitras, beacon.source) == (True, 2, "valkey")
    assert await gateway.candidates(5) == [best.mitra_id, loaded.mitra_id]
    assert await gateway.online_mitras() == 3
    assert await gateway.reachable(full.mitra_id) is True
    status = await gateway.status()
    assert status is not None
    assert (status.leader_epoch, status.mitras, status.deactivated, status.available) == (7, 4, 1, 2)
    assert status.heartbeat_stale_seconds == 90


async def test_while_valkey_is_stopped_postgresql_answers(
    own: OwnValkey, market: Market, conn: psycopg.Connection
) -> None:
    mitra = market.mitra()
    await own.seed(Truth(mitra_id=mitra.id), Truth())
    assert (await own.gateway.beacon()).source == "valkey"
    own.valkey.kill()

    beacon = await own.gateway.beacon()
    assert (beacon.available_mitras, beacon.source) == (1, "postgres")
    before = heartbeat_in_postgres(conn, mitra.id)
    await own.gateway.beat(mitra.id)
    assert heartbeat_in_postgres(conn, mitra.id) > before
    assert await own.gateway.candidates(1) is None
    assert await own.gateway.connected("mitra", mitra.id) is None
    assert await own.gateway.lease("mitra", mitra.id, "c") is False
    assert own.gateway.valkey_is_up is False


async def test_a_restarted_valkey_is_used_again_once_it_is_whole(own: OwnValkey) -> None:
    await own.seed(Truth())
    own.valkey.kill()
    await own.gateway.beacon()
    own.valkey.start()

    async def is_up() -> bool:
        return own.gateway.valkey_is_up

    await eventually(is_up, "the gateway is connected again")
    assert (await own.gateway.beacon()).source == "postgres"
    await own.seed(Truth(), Truth())
    beacon = await own.gateway.beacon()
    assert (beacon.available_mitras, beacon.source) == (2, "valkey")


async def test_a_silent_valkey_costs_the_first_requests_a_time_out_and_the_others_nothing(own: OwnValkey) -> None:
    await own.seed(Truth())
    own.valkey.child.send_signal(signal.SIGSTOP)
    try:
        assert (await own.gateway.beacon()).source == "postgres"
        async with asyncio.timeout(20 * own.settings.valkey_timeout_ms / 1000):
            for _ in range(20):
                assert (await own.gateway.beacon()).source == "postgres"
    finally:
        own.valkey.child.send_signal(signal.SIGCONT)

    async def answers() -> bool:
        return (await own.gateway.beacon()).source == "valkey"

    await eventually(answers, "Valkey answers again")


async def test_an_answer_that_makes_no_sense_is_postgresqls_to_give(
    mirror: Mirror, gateway: Gateway, market: Market
) -> None:
    market.mitra()
    await mirror.seed()
    for planted in NO_BEACONS:
        await mirror.server.command("SET", mirror.keys.snapshot, planted, "EX", 10)
        assert (await gateway.beacon()).source == "postgres", planted
    await mirror.server.command("DEL", mirror.keys.ranked)
    await mirror.server.command("SET", mirror.keys.ranked, "not a sorted set")
    assert await gateway.candidates(1) is None


async def test_a_candidate_that_is_no_id_is_no_answer(mirror: Mirror, gateway: Gateway) -> None:
    await mirror.seed(Truth())
    for key in (mirror.keys.ranked, mirror.keys.free):
        await mirror.server.command("ZADD", key, 9_000_000_000_000, "nonsense")
    assert await gateway.candidates(5) is None


async def test_a_snapshot_of_a_wrong_type_is_replaced(mirror: Mirror, gateway: Gateway) -> None:
    await mirror.seed(Truth())
    await mirror.server.command("DEL", mirror.keys.snapshot)
    await mirror.server.command("RPUSH", mirror.keys.snapshot, "not a string")
    beacon = await gateway.beacon()
    assert (beacon.available_mitras, beacon.source) == (1, "valkey")


async def test_a_snapshot_that_would_stay_is_replaced(mirror: Mirror, gateway: Gateway) -> None:
    await mirror.seed(Truth())
    for ends in ((), ("EX", 11)):
        planted = '{"available":true,"available_mitras":42,"as_of":"2026-01-01T00:00:00.000000Z","source":"valkey"}'
        await mirror.server.command("SET", mirror.keys.snapshot, planted, *ends)
        assert (await gateway.beacon()).available_mitras == 1
        await mirror.server.command("SET", mirror.keys.snapshot, planted.replace("42", "1"), *ends)
        assert (await mirror.writer.evict(lag_ms=0)).available == 1
        assert 0 < await mirror.server.command("PTTL", mirror.keys.snapshot) <= 10_000


async def test_a_lease_says_connected_until_it_is_released_or_runs_out(mirror: Mirror, gateway: Gateway) -> None:
    user = Truth().mitra_id
    assert await gateway.connected("mitra", user) is None  # nobody keeps the mirror
    await mirror.seed()
    assert await gateway.connected("mitra", user) is False
    assert await gateway.lease("mitra", user, "phone") is True
    assert await gateway.lease("mitra", user, "tablet") is True
    assert await gateway.connected("mitra", user) is True
    assert await gateway.connected("customer", user) is False
    await gateway.release("mitra", user, "phone")
    assert await gateway.connected("mitra", user) is True
    key = mirror.keys.lease("mitra", user)
    assert 55_000 < await mirror.server.command("PTTL", key) <= 60_000
    await mirror.server.command("ZADD", key, 1, "tablet")  # its end is long past
    assert await gateway.connected("mitra", user) is False
    assert await gateway.lease("mitra", user, "watch") is True
    assert await mirror.server.command("ZRANGE", key, 0, -1) == [b"watch"]


async def test_soon_after_valkey_was_emptied_a_user_without_a_lease_may_be_connected(
    mirror: Mirror, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "LEASES_SETTLE_MS", 3_600_000)
    leased, other = Truth().mitra_id, Truth().mitra_id
    await mirror.seed()
    await gateway.lease("mitra", leased, "phone")
    assert await gateway.connected("mitra", leased) is True
    assert await gateway.connected("mitra", other) is None
    since = int(await mirror.text("HGET", mirror.keys.epoch, "whole_since") or "0")
    await mirror.server.command("HSET", mirror.keys.epoch, "whole_since", since - 3_600_000)
    assert await gateway.connected("mitra", other) is False


async def test_many_leases_are_renewed_in_few_calls(mirror: Mirror, gateway: Gateway) -> None:
    users = [Truth().mitra_id for _ in range(450)]
    await mirror.seed()
    await mirror.server.command("CONFIG", "RESETSTAT")
    assert await gateway.renew([("mitra", user, "c") for user in users]) is True
    statistics = (await mirror.server.command("INFO", "commandstats")).decode()
    assert "cmdstat_zadd:calls=450," in statistics
    assert "cmdstat_evalsha:calls=3," in statistics
    assert all([await gateway.connected("mitra", user) for user in users[::50]])
