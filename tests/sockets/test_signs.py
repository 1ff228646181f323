"""What one party learns of the other: what reached it, what it has read, and that it types."""

import asyncio
import time
import uuid
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from app.sockets.hub import Hub
from app.sql import messages
from tests.support.market import Person
from tests.support.sockets import Api, Frame, Socket
from tests.support.waiting import PATIENCE_SECONDS, eventually


async def sign(device: Socket, type_: str) -> Frame:
    """The next frame of this type."""
    return (await device.until(type_))[-1]


def frame(type_: str, session: uuid.UUID, **fields: object) -> Frame:
    return {"type": type_, "session_id": str(session), **fields}


async def test_the_writer_is_told_when_a_message_reached_a_device_of_the_other(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.sockets.delivery_pings.DELIVERY_PING_SECONDS", 0.2)
    async with api.open(customer) as one:
        await one.say(session, "Halo")
        await one.until("message_ack")
        async with api.open(mitra) as other:
            await other.send(type="resume", after_seq=0, sessions={str(session): 0})
            await other.until("resumed")
            assert await sign(one, "message_delivered") == frame("message_delivered", session, party="mitra", seq=1)
            for number in range(20):
                await one.say(session, f"{number}")
            assert (await sign(one, "message_delivered"))["seq"] > 1


async def test_a_burst_is_told_of_as_delivered_at_once_and_ones_own_messages_are_not(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    async with api.open(customer) as one, api.open(mitra) as other:
        for number in range(50):
            await one.say(session, f"{number}")
        for _ in range(50):
            await other.message()
        told: list[int] = []
        while not told or told[-1] < 50:
            told.append((await sign(one, "message_delivered"))["seq"])
        assert told == sorted(set(told))
        assert len(told) < 25
        assert await other.is_quiet(0.6)
    cursor = await owner.execute(
        "SELECT party, delivered_seq, read_seq FROM core.message_watermarks WHERE session_id = %s", [session]
    )
    assert await cursor.fetchall() == [("mitra", 50, 0)]


async def test_what_was_delivered_is_written_at_shutdown_too(
    api: Api,
    customer: Person,
    mitra: Person,
    session: uuid.UUID,
    owner: psycopg.AsyncConnection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.sockets.deliveries.DELIVERY_SECONDS", 60.0)
    noted, note = asyncio.Event(), Hub.note_delivered

    def note_and_tell(hub: Hub, *delivered: Any) -> None:
        note(hub, *delivered)
        noted.set()

    monkeypatch.setattr(Hub, "note_delivered", note_and_tell)
    async with api.open(customer) as one, api.open(mitra) as other:
        await one.say(session, "Halo")
        await other.message()
        await asyncio.wait_for(noted.wait(), PATIENCE_SECONDS)
        await api.stop()
    cursor = await owner.execute("SELECT delivered_seq FROM core.message_watermarks WHERE party = 'mitra'")
    assert await cursor.fetchall() == [(1,)]


async def test_deliveries_that_postgresql_did_not_take_are_written_later(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver, tried = messages.deliver_messages, 0

    async def deliver_the_second_time(conn: Any, **arguments: Any) -> Any:
        nonlocal tried
        tried += 1
        if tried == 1:
            raise psycopg.OperationalError("away")
        return await deliver(conn, **arguments)

    monkeypatch.setattr(messages, "deliver_messages", deliver_the_second_time)
    async with api.open(customer) as one, api.open(mitra):
        await one.say(session, "Halo")
        assert (await sign(one, "message_delivered"))["seq"] == 1
    assert tried == 2


async def test_the_other_is_told_once_how_far_one_has_read(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    async with api.open(customer) as one, api.open(mitra) as other:
        for number in range(3):
            await one.say(session, f"{number}")
        for _ in range(3):
            await other.message()
        for seq in (2, 1, 2, 10**30, 3):
            await other.send(type="read", session_id=str(session), seq=seq)
        assert await sign(one, "message_read") == frame("message_read", session, party="mitra", seq=2)
        assert await sign(one, "message_read") == frame("message_read", session, party="mitra", seq=3)
        assert (await sign(other, "error"))["code"] == "VALIDATION_ERROR"
        await one.say(session, "end")
        assert "message_read" not in {one["type"] for one in await one.until("message_ack")}


async def test_the_other_alone_is_told_of_typing_and_not_at_every_key(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.sockets.keystrokes.TYPING_SECONDS", 2 * PATIENCE_SECONDS)
    asked = 0
    look = messages.conversation_partner

    async def count(conn: Any, **arguments: Any) -> Any:
        nonlocal asked
        asked += 1
        return await look(conn, **arguments)

    monkeypatch.setattr(messages, "conversation_partner", count)
    async with api.open(customer) as phone, api.open(customer) as tablet, api.open(mitra) as other:
        async with asyncio.timeout(PATIENCE_SECONDS):
            for device in (phone, tablet) * 20:
                await device.send(type="typing", session_id=str(session))
            assert await other.next() == frame("typing", session, sender_type="customer")
            assert await other.is_quiet(0.3)
            # As if that time had passed.
            later = SimpleNamespace(monotonic=lambda: time.monotonic() + 3 * PATIENCE_SECONDS)
            monkeypatch.setattr("app.sockets.keystrokes.time", later)
            await tablet.send(type="typing", session_id=str(session))
            assert (await other.next())["type"] == "typing"
        for device in (phone, tablet):
            assert await device.is_quiet(0.1)
    assert 1 <= asked <= 2


async def test_typing_is_refused_as_soon_as_an_event_says_that_the_session_ended(
    api: Api, customer: Person, mitra: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any], outbox: Any
) -> None:
    async with api.open(customer) as one, api.open(mitra) as other:
        await one.send(type="typing", session_id=str(session))
        assert (await other.next())["type"] == "typing"
        await owner.execute("SELECT api.end_session(%s, 'mitra', %s)", [session, mitra.id])
        await outbox.dispatch()
        await one.until("session_ended")

        async def is_refused() -> bool:
            await one.send(type="typing", session_id=str(session))
            try:
                return bool((await one.next(0.5))["type"] == "error")
            except TimeoutError:
                return False

        await eventually(is_refused, "typing is refused")
