"""What counts as delivered, whom a reading is told, and what becomes of what a lost device was sent."""

import asyncio
import uuid
from typing import Any

import httpx
import psycopg
import pytest
from prometheus_client import REGISTRY
from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode

from app.postgres.database import Database
from app.services import PublicServices
from app.settings import ApiSettings
from tests.support.market import Market, Person
from tests.support.sockets import Api, Frame, Outbox, Socket, served, value
from tests.support.waiting import PATIENCE_SECONDS, eventually


def mute(device: Socket) -> None:
    """From now on the device answers no ping, like a frozen phone, whose system still takes what is sent."""
    protocol: Any = device.connection.protocol
    send = protocol.send_frame

    def send_all_but_pongs(frame: WebSocketFrame) -> None:
        if frame.opcode is not Opcode.PONG:
            send(frame)

    protocol.send_frame = send_all_but_pongs


async def sign(device: Socket, type_: str, within: float = 10.0) -> Frame:
    """The next frame of a type."""
    async with asyncio.timeout(within):
        return (await device.until(type_))[-1]


async def told_within(device: Socket, seconds: float) -> set[str]:
    """The types of the frames that come in so long."""
    types: set[str] = set()
    try:
        async with asyncio.timeout(seconds):
            while True:
                types.add((await device.next(seconds + 1))["type"])
    except TimeoutError:
        return types


async def marks(owner: psycopg.AsyncConnection[Any], party: str) -> tuple[int, int] | None:
    """How far a party received and read."""
    cursor = await owner.execute(
        "SELECT delivered_seq, read_seq FROM core.message_watermarks WHERE party = %s", [party]
    )
    found: tuple[int, int] | None = await cursor.fetchone()
    return found


async def test_a_message_is_delivered_when_the_device_answered_a_ping_after_it_or_said_that_it_was_read(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    async with api.open(customer) as one, api.open(mitra) as other:
        await one.say(session, "heard")
        assert (await sign(one, "message_delivered"))["seq"] == 1
        mute(other)
        await one.say(session, "sent to a device that is frozen")
        assert (await other.message())["seq"] == 1
        assert (await other.message())["seq"] == 2
        # the ping follows within 2 s, and what is gathered is written within 0.4 s
        assert "message_delivered" not in await told_within(one, 3.0)
        assert await marks(owner, "mitra") == (1, 0)
        await other.send(type="read", session_id=str(session), seq=2)
        assert (await sign(one, "message_read"))["seq"] == 2
    assert await marks(owner, "mitra") == (2, 2)


async def test_what_came_before_a_gap_must_have_come_too(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    async with api.open(customer) as one:
        for number in range(3):
            await one.say(session, f"{number}")
        await sign(one, "message_ack")
        await sign(one, "message_ack")
        await sign(one, "message_ack")
        async with api.open(mitra) as other:
            await one.say(session, "the fourth, live, to a device that lacks the first three")
            assert (await other.message())["seq"] == 4
            assert "message_delivered" not in await told_within(one, 1.0)
            await other.send(type="resume", after_seq=0, sessions={str(session): 0})
            await other.until("resumed")
            assert (await sign(one, "message_delivered"))["seq"] == 4
    assert await marks(owner, "mitra") == (4, 0)


async def test_the_readers_other_devices_and_the_other_party_are_told_of_a_reading(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID
) -> None:
    async with api.open(customer) as one, api.open(mitra) as phone, api.open(mitra) as tablet:
        await one.say(session, "Halo")
        await phone.message()
        await tablet.message()
        await phone.send(type="read", session_id=str(session), seq=1)
        told = {"type": "message_read", "session_id": str(session), "party": "mitra", "seq": 1}
        assert await sign(one, "message_read") == told
        assert await tablet.next() == told
        assert await phone.is_quiet(0.3)


@pytest.mark.parametrize("has_another", [False, True])
async def test_what_a_lost_device_was_sent_is_pushed_unless_its_user_has_another(
    api: Api,
    customer: Person,
    mitra: Person,
    session: uuid.UUID,
    owner: psycopg.AsyncConnection[Any],
    has_another: bool,
) -> None:
    await owner.execute("SELECT api.register_push_token('mitra', %s, 'phone')", [mitra.id])

    async def pushed() -> list[Any]:
        cursor = await owner.execute("SELECT payload -> 'seq' FROM core.pushes WHERE type = 'message'")
        return [seq for (seq,) in await cursor.fetchall()]

    async with api.open(customer) as one, api.open(mitra) as lost:
        await one.say(session, "heard")
        assert (await sign(one, "message_delivered"))["seq"] == 1
        mute(lost)
        await one.say(session, "sent into the void")
        await lost.message()
        await lost.message()
        other = api.open(mitra)
        if has_another:
            await other.__aenter__()
        lost.connection.transport.abort()
        if has_another:
            await told_within(one, 1.0)
            assert await pushed() == []
            await other.__aexit__(None, None, None)
        else:
            await eventually(lambda: _is(pushed, [2]), "message 2 is pushed")


class Warnings:
    """Events of a session that are not pushed, because the mitra is connected, as far as the listener can see."""

    def __init__(self, outbox: Outbox, owner: psycopg.AsyncConnection[Any], session: uuid.UUID, mitra: Person) -> None:
        self._outbox = outbox
        self._owner = owner
        self._session = session
        self._about = {"session_id": str(session), "expires_at": "2099-01-01T00:00:00.000000Z"}
        self._mitra = mitra

    async def tell(self, seconds_left: int) -> None:
        """Tell of one."""
        await self._outbox.tell(self._mitra, "session_warning", **self._about, seconds_left=seconds_left)
        await self._owner.execute(
            "UPDATE core.pushes SET status = 'connected', settled_at = clock_timestamp() WHERE status = 'queued'"
        )

    async def queued(self) -> list[Any]:
        """Those that are to be pushed all the same."""
        cursor = await self._owner.execute(
            "SELECT payload -> 'seconds_left' FROM core.pushes WHERE status = 'queued' AND type = 'session_warning'"
        )
        return [seconds_left for (seconds_left,) in await cursor.fetchall()]

    async def are_missed(self, speaker: Socket, device: Socket) -> None:
        """Tell of one that the device answers for, and of one that it does not."""
        await self.tell(180)
        await speaker.say(self._session, "heard")
        await sign(speaker, "message_delivered")
        mute(device)
        await self.tell(60)
        while (await sign(device, "session_warning"))["seconds_left"] != 60:
            pass
        assert await self.queued() == []


@pytest.fixture
async def warnings(outbox: Outbox, owner: psycopg.AsyncConnection[Any], session: uuid.UUID, mitra: Person) -> Warnings:
    await owner.execute("SELECT api.register_push_token('mitra', %s, 'phone')", [mitra.id])
    return Warnings(outbox, owner, session, mitra)


async def test_events_that_no_device_answered_for_are_pushed_when_the_socket_dies(
    api: Api, customer: Person, mitra: Person, warnings: Warnings
) -> None:
    async with api.open(customer) as one, api.open(mitra) as lost:
        await warnings.are_missed(one, lost)
        lost.connection.transport.abort()
        await eventually(lambda: _is(warnings.queued, [60]), "message 60 is pushed")


@pytest.mark.usefixtures("long_locks")
async def test_they_are_pushed_however_long_the_dead_socket_waits_for_a_connection_to_postgresql(
    api_settings: ApiSettings, customer: Person, mitra: Person, warnings: Warnings, market: Market,
    owner: psycopg.AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(PublicServices, "connections", 1)
    monkeypatch.setitem(Database.open.__func__.__kwdefaults__, "timeout", PATIENCE_SECONDS)  # type: ignore[attr-defined]

    async def somebody_waits_for_a_lock() -> bool:
        return await market.queue_for_locks() > 0

    async def somebody_waits_for_a_connection() -> bool:
        pool = {"pool": "halobestie-api", "state": "callers_waiting"}
        return (REGISTRY.get_sample_value("halobestie_database_connections", pool) or 0) > 0

    async def it_took_longer_than_the_events() -> bool:
        return bool(await value(owner, "SELECT clock_timestamp() - %s > %s::timestamptz - %s", waiting, told, began))

    async with served(api_settings) as api, api.open(customer) as one, api.open(mitra) as lost:
        began = await value(owner, "SELECT clock_timestamp()")
        await warnings.are_missed(one, lost)
        told = await value(owner, "SELECT clock_timestamp()")
        async with httpx.AsyncClient(headers=customer.headers) as http:
            async with owner.transaction():
                await owner.execute("SELECT FROM core.customers WHERE id = %s FOR UPDATE", [customer.id])
                request = http.patch(f"http://127.0.0.1:{api.port}/api/me", json={"display_name": "Ayu"})
                asking = asyncio.create_task(request)
                await eventually(somebody_waits_for_a_lock, "the only connection is taken")
                lost.connection.transport.abort()
                await eventually(somebody_waits_for_a_connection, "the dead socket waits for it")
                waiting = await value(owner, "SELECT clock_timestamp()")
                await eventually(it_took_longer_than_the_events, "it waits for longer than the events took")
            assert (await asking).status_code == 200
        await eventually(lambda: _is(warnings.queued, [60]), "message 60 is pushed")


async def test_a_socket_that_a_restart_closes_has_missed_nothing(
    api: Api, customer: Person, mitra: Person, warnings: Warnings
) -> None:
    async with api.open(customer) as one, api.open(mitra) as other:
        await warnings.are_missed(one, other)
        await api.stop()
        assert await warnings.queued() == []


async def _is(read: Any, expected: object) -> bool:
    return bool(await read() == expected)
