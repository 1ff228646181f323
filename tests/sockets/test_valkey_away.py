"""Sockets while Valkey is away, silent or empty: later by a second at most, never wrong."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Sequence
from typing import Any

import psycopg
import pytest
from structlog.testing import capture_logs
from valkey.asyncio.connection import AbstractConnection

from app.development.valkey import EmbeddedValkey
from app.observability.metrics import PUBLIC
from app.settings import ApiSettings, ListenerSettings
from app.sockets.hub import Hub
from app.sockets.subscription import Subscription
from tests.support.ear import hearing
from tests.support.listening import listening
from tests.support.market import Person
from tests.support.sockets import (
    WAIT_SECONDS,
    Api,
    Outbox,
    Socket,
    availability,
    outbox_at,
    served,
    subscribed,
    unsubscribed,
)
from tests.support.valkey_client import async_client_of, keys_at, publish
from tests.support.waiting import eventually


@pytest.fixture
async def api(api_settings: ApiSettings, own_valkey: EmbeddedValkey) -> AsyncIterator[Api]:
    """The public app on a Valkey that may go."""
    async with served(api_settings.model_copy(update={"valkey_url": own_valkey.url})) as api:
        yield api


@pytest.fixture
async def outbox(owner: psycopg.AsyncConnection[Any], own_valkey: EmbeddedValkey) -> AsyncIterator[Outbox]:
    """The way of events through that Valkey."""
    async with outbox_at(own_valkey.url, owner) as outbox:
        yield outbox


class DeafProxy:
    """Stands before Valkey, and can stop to pass on what it sends to those who are subscribed now."""

    def __init__(self, valkey_port: int) -> None:
        self.port = 0
        self.subscribers = 0
        self.handlers: set[asyncio.Task[None]] = set()
        self._valkey_port = valkey_port
        self._subscribed: set[asyncio.StreamWriter] = set()
        self._deaf: set[asyncio.StreamWriter] = set()

    def deafen_subscribers(self) -> None:
        """From now on they hear nothing, though their connections stay open."""
        self._deaf |= self._subscribed

    async def forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until the client closes it."""
        task = asyncio.current_task()
        assert task is not None
        self.handlers.add(task)
        valkey_reader, valkey_writer = await asyncio.open_connection("127.0.0.1", self._valkey_port)
        answering = asyncio.create_task(self._answer(valkey_reader, writer))
        try:
            while data := await reader.read(65536):
                if b"SUBSCRIBE" in data and writer not in self._subscribed:
                    self._subscribed.add(writer)
                    self.subscribers += 1
                valkey_writer.write(data)
        except ConnectionError:
            pass  # a cut is an end, too
        finally:
            answering.cancel()
            for end in (valkey_writer, writer):
                end.close()
                with contextlib.suppress(ConnectionError):
                    await end.wait_closed()

    async def _answer(self, valkey_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await valkey_reader.read(65536):
            if writer not in self._deaf:
                writer.write(data)


@contextlib.asynccontextmanager
async def deaf_proxy(valkey_port: int) -> AsyncIterator[DeafProxy]:
    """A proxy that is gone afterwards, with every connection."""
    proxy = DeafProxy(valkey_port)
    async with await asyncio.start_server(proxy.forward, "127.0.0.1", 0) as server:
        proxy.port = server.sockets[0].getsockname()[1]
        yield proxy
        await asyncio.wait(proxy.handlers, timeout=WAIT_SECONDS)


async def test_events_are_read_from_postgresql_while_valkey_is_away(
    api: Api, mitra: Person, outbox: Outbox, own_valkey: EmbeddedValkey
) -> None:
    async with api.open(mitra) as device:
        await outbox.tell(mitra, "status_changed")
        assert (await device.next())["seq"] == 1
        own_valkey.kill()
        await outbox.emit(mitra, "status_changed", 700)
        assert [(await device.next())["seq"] for _ in range(700)] == list(range(2, 702))
        await outbox.emit(mitra, "status_changed")
        assert (await device.next())["seq"] == 702


async def test_a_socket_that_opens_while_valkey_is_away_gets_its_events(
    api: Api, mitra: Person, outbox: Outbox, own_valkey: EmbeddedValkey
) -> None:
    own_valkey.kill()
    await eventually(unsubscribed, "the app has noticed that Valkey is gone")
    await outbox.emit(mitra, "status_changed")
    async with api.open(mitra, resume=None) as device:
        await device.send(type="resume", after_seq=0)
        assert [frame["seq"] for frame in await device.until("resumed")] == [1, 1]
        await outbox.emit(mitra, "status_changed")
        assert (await device.next())["seq"] == 2


async def test_signing_out_closes_the_socket_while_valkey_is_away(
    api: Api, customer: Person, outbox: Outbox, own_valkey: EmbeddedValkey
) -> None:
    async with api.open(customer) as device:
        own_valkey.kill()
        await eventually(unsubscribed, "the app has noticed that Valkey is gone")
        await outbox.emit(customer, "signed_out", auth_session_ids=[str(customer.login)], reason="logout")
        assert await device.closed() == 4403


async def test_a_valkey_that_returns_empty_is_subscribed_again_and_gets_the_leases(
    api: Api, mitra: Person, outbox: Outbox, own_valkey: EmbeddedValkey
) -> None:
    async with api.open(mitra) as device, async_client_of(own_valkey.url) as client:
        own_valkey.kill()
        await eventually(unsubscribed, "the app has noticed that Valkey is gone")
        await outbox.emit(mitra, "status_changed")
        own_valkey.start()
        await eventually(subscribed, "the app hears Valkey again")

        async def is_leased() -> bool:
            return bool(await client.zcard(keys_at(own_valkey.url).lease(mitra.type, mitra.id)))

        await eventually(is_leased, "the mitra has a lease again")
        await outbox.tell(mitra, "status_changed")
        assert [(await device.next())["seq"] for _ in range(2)] == [1, 2]


async def test_an_instance_without_valkey_tells_postgresql_who_is_connected(
    api: Api, mitra: Person, customer: Person, owner: psycopg.AsyncConnection[Any], own_valkey: EmbeddedValkey
) -> None:
    async def noted() -> set[str]:
        cursor = await owner.execute("SELECT recipient FROM core.unleased_sockets WHERE held_until > now()")
        return {row[0] for row in await cursor.fetchall()}

    async def mitra_is_noted() -> bool:
        return await noted() == {mitra.recipient}

    async def both_are_noted() -> bool:
        return await noted() == {mitra.recipient, customer.recipient}

    async def leases_are_renewed() -> bool:
        return PUBLIC.get_sample_value("halobestie_leases_unrenewed_seconds") == 0

    async with api.open(mitra):
        assert await noted() == set()
        own_valkey.kill()
        await eventually(mitra_is_noted, "the mitra's connection is noted")
        async with api.open(customer):
            await eventually(both_are_noted, "both connections are noted")
            assert not await leases_are_renewed()
            own_valkey.start()
            await eventually(leases_are_renewed, "the leases are renewed")


async def test_a_valkey_that_stays_away_is_told_of_again_and_again(
    api: Api, mitra: Person, own_valkey: EmbeddedValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.observability.faults.AGAIN_SECONDS", 0.5)
    repeated = {"valkey_away", "valkey_subscription_lost", "leases_not_renewed"}
    async with api.open(mitra):
        with capture_logs() as lines:
            own_valkey.kill()

            async def each_is_told_again() -> bool:
                return repeated == {line["event"] for line in lines if line.get("failures", 0) > 1}

            await eventually(each_is_told_again, "each failure is told again")
            assert {line["log_level"] for line in lines if line["event"] in repeated} == {"warning"}
            own_valkey.start()

            async def is_told_over() -> bool:
                return {"valkey_subscription_alive", "leases_renewed_again"} <= {line["event"] for line in lines}

            await eventually(is_told_over, "the end is told")


async def test_what_was_published_between_two_subscriptions_is_read_from_postgresql(
    api: Api, mitra: Person, outbox: Outbox, own_valkey: EmbeddedValkey
) -> None:
    async with api.open(mitra) as device, async_client_of(own_valkey.url) as client:
        await client.client_kill_filter(_type="pubsub")
        await outbox.tell(mitra, "status_changed")
        assert (await device.next())["seq"] == 1


async def test_a_subscription_that_falls_silent_is_noticed_and_replaced(
    api: Api, mitra: Person, outbox: Outbox, own_valkey: EmbeddedValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.sockets.subscription.PROOF_SECONDS", 0.2)
    async with api.open(mitra) as device:
        await outbox.tell(mitra, "status_changed")
        assert (await device.next())["seq"] == 1
        os.kill(own_valkey.child.pid, signal.SIGSTOP)
        try:
            await outbox.emit(mitra, "status_changed")
            assert (await device.next())["seq"] == 2
        finally:
            os.kill(own_valkey.child.pid, signal.SIGCONT)
        await eventually(subscribed, "the app hears Valkey again")
        await outbox.tell(mitra, "status_changed")
        assert (await device.next())["seq"] == 3


@pytest.mark.not_on("cluster", "a cluster says itself where its nodes are: past the proxy")
async def test_a_subscription_whose_connection_is_half_open_is_replaced(
    api_settings: ApiSettings,
    own_valkey: EmbeddedValkey,
    mitra: Person,
    outbox: Outbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Everything else reaches Valkey; only what is published does not arrive any more."""
    monkeypatch.setattr("app.sockets.subscription.PROOF_SECONDS", 0.2)
    async with deaf_proxy(own_valkey.port) as proxy:
        settings = api_settings.model_copy(update={"valkey_url": f"valkey://127.0.0.1:{proxy.port}/0"})
        async with served(settings) as api, api.open(mitra) as device:
            await outbox.tell(mitra, "status_changed")
            assert (await device.next())["seq"] == 1
            proxy.deafen_subscribers()
            await eventually(unsubscribed, "the app has noticed that nothing comes")
            await outbox.tell(mitra, "status_changed")
            assert (await device.next())["seq"] == 2
            await eventually(subscribed, "the app hears Valkey again")
            assert proxy.subscribers == 2


async def test_the_beacon_reaches_subscribers_while_valkey_is_away(
    api: Api, customer: Person, mitra: Person, own_valkey: EmbeddedValkey, owner: psycopg.AsyncConnection[Any]
) -> None:
    own_valkey.kill()
    await eventually(unsubscribed, "the app has noticed that Valkey is gone")
    async with api.open(customer) as device:
        await device.send(type="subscribe", topic="availability")
        assert (await device.next())["available_mitras"] == 0
        await owner.execute("SELECT api.go_online(%s)", [mitra.id])
        while (beacon := await device.next())["available_mitras"] != 1:
            pass
        assert beacon["source"] == "postgres"


async def count_told(device: Socket, mitras: int) -> None:
    """Return once the beacon says so many."""
    while (await device.next())["available_mitras"] != mitras:
        pass


async def test_what_valkey_said_of_the_beacon_is_known_in_its_next_outage(
    api: Api,
    customer: Person,
    mitra: Person,
    outbox: Outbox,
    own_valkey: EmbeddedValkey,
    owner: psycopg.AsyncConnection[Any],
) -> None:
    async with api.open(customer) as device:
        await device.send(type="subscribe", topic="availability")
        await count_told(device, 0)
        own_valkey.kill()
        await owner.execute("SELECT api.go_online(%s)", [mitra.id])
        await count_told(device, 1)
        own_valkey.start()
        await eventually(subscribed, "the app hears Valkey again")
        await owner.execute("SELECT api.go_offline(%s)", [mitra.id])
        await outbox.broadcast("availability", availability(0))
        await count_told(device, 0)
        await owner.execute("SELECT api.go_online(%s)", [mitra.id])
        own_valkey.kill()
        await count_told(device, 1)


async def test_a_broadcast_missed_before_the_new_subscription_is_made_up_for(
    api: Api,
    customer: Person,
    mitra: Person,
    own_valkey: EmbeddedValkey,
    owner: psycopg.AsyncConnection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with api.open(customer) as device:
        await device.send(type="subscribe", topic="availability")
        await count_told(device, 0)
        looked = asyncio.Event()
        look = Hub._look_at_beacon

        async def look_and_say_so(hub: Hub) -> None:
            await look(hub)
            looked.set()

        monkeypatch.setattr(Hub, "_look_at_beacon", look_and_say_so)
        monkeypatch.setattr("app.sockets.hub.POLL_SECONDS", 3.0)  # time to come back between two looks
        own_valkey.kill()
        await asyncio.wait_for(looked.wait(), WAIT_SECONDS)
        await owner.execute("SELECT api.go_online(%s)", [mitra.id])
        own_valkey.start()
        await eventually(subscribed, "the app hears Valkey again")
        await count_told(device, 1)


async def test_the_beacon_is_broadcast_again_after_valkey_was_emptied(
    listener_settings: ListenerSettings,
    mitra: Person,
    own_valkey: EmbeddedValkey,
    owner: psycopg.AsyncConnection[Any],
) -> None:
    """PostgreSQL may have told the sockets something else meanwhile."""
    await owner.execute("SELECT api.go_online(%s)", [mitra.id])
    settings = listener_settings.model_copy(update={"valkey_url": own_valkey.url})
    async with hearing(own_valkey.url) as ear, listening(settings):

        async def told(times: int) -> bool:
            counts = [frame["available_mitras"] for frame in ear.frames[ear.keys.availability_channel]]
            return counts[-times:] == [1] * times

        await eventually(lambda: told(1), "the count is told")
        async with async_client_of(own_valkey.url) as client:
            await client.flushall()
        await eventually(lambda: told(2), "the count is told again")


async def test_a_channel_added_while_the_others_are_being_subscribed_is_subscribed_too(
    own_valkey: EmbeddedValkey, api_settings: ApiSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = keys_at(own_valkey.url)
    always, late = f"{keys.prefix}always", f"{keys.prefix}late"
    heard: list[tuple[str, bytes]] = []
    subscription = Subscription(
        api_settings.model_copy(update={"valkey_url": own_valkey.url}),
        always=[always],
        on_message=lambda channel, data: heard.append((channel, data)),
        on_change=lambda _: None,
    )
    subscribe = subscription._subscribe

    async def subscribe_slowly(connection: AbstractConnection, channels: Sequence[str]) -> None:
        await subscribe(connection, channels)
        if always in channels:
            assert not await subscription.add(late)

    monkeypatch.setattr(subscription, "_subscribe", subscribe_slowly)
    running = asyncio.create_task(subscription.run())

    async def is_alive() -> bool:
        return subscription.alive

    async def is_heard() -> bool:
        return (late, b"hello") in heard

    await eventually(is_alive, "the subscription is alive")
    async with async_client_of(own_valkey.url) as client:
        await publish(client, keys, late, b"hello")
        await eventually(is_heard, "the channel is heard")
    running.cancel()
