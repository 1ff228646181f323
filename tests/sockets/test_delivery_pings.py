"""What counts as delivered, whom a reading is told, and what becomes of what a lost device was sent."""

import asyncio
import uuid
from typing import Any

import psycopg
import pytest
from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode

from tests.support.market import Person
from tests.support.sockets import Api, Frame, Outbox, Socket
from tests.support.waiting import eventually


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


async def test_events_that_no_device_answered_for_are_pushed_when_the_socket_dies(
    api: Api,
    customer: Person,
    mitra: Person,
    session: uuid.UUID,
    owner: psycopg.AsyncConnection[Any],
    outbox: Outbox,
) -> None:
    await owner.execute("SELECT api.register_push_token('mitra', %s, 'phone')", [mitra.id])

    async def tell_the_connected(seconds_left: int) -> None:
        """Tell of an event that is not pushed, because the mitra is connected, as far as the listener can see."""
        about = {"session_id": str(session), "expires_at": "2099-01-01T00:00:00.000000Z"}
        await outbox.tell(mitra, "session_warning", **about, seconds_left=seconds_left)
        await owner.execute(
            "UPDATE core.pushes SET status = 'connected', settled_at = clock_timestamp() WHERE status = 'queued'"
        )

    async def queued() -> list[Any]:
        cursor = await owner.execute(
            "SELECT payload -> 'seconds_left' FROM core.pushes WHERE status = 'queued' AND type = 'session_warning'"
        )
        return [seconds_left for (seconds_left,) in await cursor.fetchall()]

    async with api.open(customer) as one, api.open(mitra) as lost:
        await tell_the_connected(180)
        await one.say(session, "heard")
        await sign(one, "message_delivered")
        mute(lost)
        await tell_the_connected(60)
        while (await sign(lost, "session_warning"))["seconds_left"] != 60:
            pass
        assert await queued() == []
        lost.connection.transport.abort()
        await eventually(lambda: _is(queued, [60]), "message 60 is pushed")


async def _is(read: Any, expected: object) -> bool:
    return bool(await read() == expected)
