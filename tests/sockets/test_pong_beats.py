"""A mitra whose socket answers pings is alive while its app speaks, with Valkey and without."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import psycopg
import pytest
from prometheus_client import REGISTRY
from psycopg import sql
from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode

from app.development.valkey import EmbeddedValkey
from app.mirror.gateway import Gateway
from app.mirror.server import Server
from app.postgres.database import Database
from app.settings import ApiSettings, ValkeySettings
from app.sockets.pong_beats import PONGS_A_CALL, PongBeats
from tests.support.market import Market, Person
from tests.support.mirror import Mirror, Truth
from tests.support.sockets import Api, Socket, served, unsubscribed
from tests.support.waiting import VALKEY_TIMEOUT_MS, eventually

PING_SECONDS = 0.5
SOON_STALE = 1
LONG_AGO = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _each_pong_may_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.sockets.conversation.PONG_BEAT_SECONDS", 0.0)
    monkeypatch.setattr("app.sockets.pong_beats.PONG_BEAT_SECONDS", 0.0)


@pytest.fixture
async def api(api_settings: ApiSettings) -> AsyncIterator[Api]:
    """The public app, which pings often."""
    async with served(api_settings, ws_ping_interval=PING_SECONDS) as api:
        yield api


@pytest.fixture
async def lonely(api_settings: ApiSettings, own_valkey: EmbeddedValkey) -> AsyncIterator[Api]:
    """The same after its Valkey was killed, which nothing had been written to."""
    settings = api_settings.model_copy(update={"valkey_url": own_valkey.url})
    async with served(settings, ws_ping_interval=PING_SECONDS) as api:
        own_valkey.kill()
        await eventually(unsubscribed, "the app has noticed that Valkey is gone")
        yield api


class Beats:
    """What PostgreSQL has of the mitras' heartbeats."""

    def __init__(self, owner: psycopg.AsyncConnection[Any]) -> None:
        self._owner = owner

    async def grow_old(self, *mitras: Person) -> None:
        """They have been silent for an hour."""
        await self._owner.execute(
            "UPDATE core.mitra_online_status"
            " SET last_heartbeat_at = clock_timestamp() - %(ago)s, last_online_at = clock_timestamp() - %(ago)s"
            " WHERE mitra_id = ANY (%(ids)s)",
            {"ago": LONG_AGO, "ids": [mitra.id for mitra in mitras]},
        )

    async def is_new(self, mitra: Person) -> bool:
        """Whether the mitra beat since it grew old."""
        cursor = await self._owner.execute(
            "SELECT last_heartbeat_at > clock_timestamp() - %s / 2 FROM core.mitra_online_status WHERE mitra_id = %s",
            [LONG_AGO, mitra.id],
        )
        row = await cursor.fetchone()
        return row is not None and bool(row[0])

    async def comes(self, mitra: Person) -> None:
        """Wait for a beat."""
        await eventually(lambda: self.is_new(mitra), "the heartbeat is in PostgreSQL")


@pytest.fixture
def beats(owner: psycopg.AsyncConnection[Any]) -> Beats:
    return Beats(owner)


@contextlib.asynccontextmanager
async def speaking(device: Socket) -> AsyncIterator[None]:
    """Meanwhile the app sends frames that are no heartbeats."""

    async def speak() -> None:
        while True:
            await device.send(type="subscribe", topic="availability")
            await asyncio.sleep(SOON_STALE / 4)

    speaker = asyncio.create_task(speak())
    try:
        yield
    finally:
        speaker.cancel()
        await asyncio.gather(speaker, return_exceptions=True)


def count_pongs(device: Socket) -> Callable[[], int]:
    """How many pongs the device sends from now on."""
    protocol: Any = device.connection.protocol
    send = protocol.send_frame
    pongs = 0

    def send_and_count(frame: WebSocketFrame) -> None:
        nonlocal pongs
        send(frame)
        pongs += frame.opcode is Opcode.PONG

    protocol.send_frame = send_and_count
    return lambda: pongs


async def answers_again(device: Socket, pongs: int = 2) -> None:
    """Wait until the device answered so many pings."""
    sent = count_pongs(device)

    async def are_sent() -> bool:
        return sent() >= pongs

    await eventually(are_sent, "the device answers pings")


async def test_a_pong_is_a_beat_in_the_mirror_only_while_the_app_speaks(
    api: Api, market: Market, kept_mirror: Mirror, beats: Beats
) -> None:
    speaker, silent = market.mitra(), market.mitra()
    await kept_mirror.seed(Truth(speaker.id), Truth(silent.id), stale_seconds=SOON_STALE)
    await beats.grow_old(speaker, silent)

    async def heard(mitra: Person) -> datetime | None:
        return await kept_mirror.heartbeat(mitra.id)

    async def comes_again() -> None:
        before = await heard(speaker)

        async def is_newer() -> bool:
            return await heard(speaker) != before

        await eventually(is_newer, "the pong is a beat in the mirror")

    async with api.open(speaker) as one, api.open(silent) as other, speaking(one):
        await asyncio.sleep(SOON_STALE)
        await answers_again(other, 1)  # of the last pong that came in time nothing is under way any more
        before = await heard(silent)
        await answers_again(other)
        await comes_again()
        assert await heard(silent) == before
    assert not await beats.is_new(speaker), "Valkey alone is asked"


async def test_while_valkey_is_away_a_mitra_whose_socket_answers_stays_online_while_its_app_speaks(
    lonely: Api, market: Market, owner: psycopg.AsyncConnection[Any], beats: Beats
) -> None:
    speaker, silent = market.mitra(), market.mitra()
    market.set("heartbeat_stale_seconds", SOON_STALE)
    async with lonely.open(speaker) as one, lonely.open(silent) as other, speaking(one):
        await asyncio.sleep(SOON_STALE)
        await beats.grow_old(speaker)
        await beats.comes(speaker)  # and with it the last pong of the other that came in time
        await beats.grow_old(speaker, silent)
        await answers_again(other)
        await beats.comes(speaker)
        await beats.grow_old(speaker)
        await beats.comes(speaker)
        assert not await beats.is_new(silent)
        async with owner.transaction():  # however long the sweep has to wait for its turn, the speaker's beat is fresh
            await owner.execute("SELECT api.set_config('heartbeat_stale_seconds', '600', 'test')")
            cursor = await owner.execute("SELECT api.auto_offline(%s)", [[speaker.id, silent.id]])
            assert await cursor.fetchall() == [(silent.id,)]


async def test_while_valkey_is_away_a_pong_of_an_offline_mitra_is_ignored(
    lonely: Api, market: Market, mitra: Person, beats: Beats
) -> None:
    online = market.mitra()
    async with lonely.open(online), lonely.open(mitra) as device:
        await beats.grow_old(mitra, online)
        await answers_again(device)
        await beats.comes(online)
        await beats.grow_old(online)
        await beats.comes(online)
        assert not await beats.is_new(mitra)
        assert await device.is_quiet(PING_SECONDS)


@pytest.fixture
async def app_db(app_url: Callable[[str], str]) -> AsyncIterator[Database]:
    database = await Database.open(app_url("halo_app"), name="test")
    yield database
    await database.close()


@contextlib.asynccontextmanager
async def recorded(pongs: PongBeats) -> AsyncIterator[None]:
    """Meanwhile PostgreSQL records what the mirror does not."""
    running = asyncio.create_task(pongs.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def gateway(own_valkey: EmbeddedValkey, app_db: Database) -> AsyncIterator[Gateway]:
    """A door to a Valkey that may go."""
    settings = ValkeySettings(valkey_url=own_valkey.url, valkey_timeout_ms=VALKEY_TIMEOUT_MS)
    gateway = await Gateway.open(settings, app_db)
    yield gateway
    await gateway.close()


def asked(function: str) -> float:
    """How often this process called a function of PostgreSQL."""
    return REGISTRY.get_sample_value("halobestie_database_call_seconds_count", {"function": function}) or 0


async def test_thousands_of_pongs_at_once_share_a_question_and_few_statements(
    gateway: Gateway, app_db: Database, own_valkey: EmbeddedValkey, market: Market, beats: Beats
) -> None:
    own_valkey.kill()
    mitra = market.mitra()
    await beats.grow_old(mitra)
    rules, notes = asked("mirror_rules"), asked("note_heartbeats")
    pongs = PongBeats(app_db, gateway)
    due = chain([mitra.id] * 2, (uuid.uuid4() for _ in range(3 * PONGS_A_CALL)))
    await asyncio.gather(*(pongs.count(mitra_id, 1.0) for mitra_id in due))
    assert asked("mirror_rules") == rules + 1
    async with recorded(pongs):
        await beats.comes(mitra)

        async def are_told() -> bool:
            return asked("note_heartbeats") == notes + 4

        await eventually(are_told, "3,001 mitras are in four calls")


async def test_a_call_that_postgresql_refuses_costs_no_mitra_of_the_other_calls_its_beat(
    gateway: Gateway,
    app_db: Database,
    own_valkey: EmbeddedValkey,
    market: Market,
    conn: psycopg.Connection,
    beats: Beats,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.sockets.pong_beats.PONGS_A_CALL", 2)
    own_valkey.kill()
    mitras = [market.mitra() for _ in range(6)]
    await beats.grow_old(*mitras)
    by_id = {mitra.id: mitra for mitra in mitras}
    # A set of the same ids, made in the same order, has them in the order in which they are recorded.
    refused, of_its_call, *others = (by_id[mitra_id] for mitra_id in {mitra.id for mitra in mitras})
    conn.execute(
        sql.SQL("ALTER TABLE core.mitra_online_status ADD CONSTRAINT planted CHECK (mitra_id <> {}) NOT VALID").format(
            sql.Literal(str(refused.id))
        )
    )
    pongs = PongBeats(app_db, gateway)
    for mitra in mitras:
        await pongs.count(mitra.id, 1.0)
    async with recorded(pongs):
        for mitra in others:
            await beats.comes(mitra)
    assert not await beats.is_new(refused)
    assert not await beats.is_new(of_its_call)


async def test_when_nobody_says_how_old_a_beat_may_be_the_last_word_counts(
    gateway: Gateway,
    app_db: Database,
    own_valkey: EmbeddedValkey,
    market: Market,
    owner: psycopg.AsyncConnection[Any],
    beats: Beats,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.sockets.pong_beats.STALE_SECONDS_KNOWN", -1.0)
    speaker, silent = market.mitra(), market.mitra()
    settings = ValkeySettings(valkey_url=own_valkey.url)
    server = await Server.open(settings, name="test", timeout=VALKEY_TIMEOUT_MS / 1000)
    await Mirror(server, settings).seed(stale_seconds=40)
    pongs = PongBeats(app_db, gateway)
    await pongs.count(speaker.id, 0.0)
    await server.close()
    own_valkey.kill()
    await owner.execute("REVOKE EXECUTE ON FUNCTION api.mirror_rules() FROM halo_app")
    await beats.grow_old(speaker, silent)
    async with recorded(pongs):
        await asyncio.gather(pongs.count(silent.id, 41.0), pongs.count(speaker.id, 39.0))
        await beats.comes(speaker)
        assert not await beats.is_new(silent)
