"""Clients that don't read, don't answer or just stand there."""

import asyncio
import socket as sockets

import pytest
from websockets.exceptions import ConnectionClosed

from app.observability.metrics import PUBLIC
from app.settings import ApiSettings
from app.wire.socket_limits import SEND_QUEUE_BYTES
from tests.support.market import Person
from tests.support.sockets import Api, Outbox, served
from tests.support.waiting import PATIENCE_SECONDS, eventually

FRAME_BYTES = 50_000


def metric(name: str, **labels: str) -> float:
    return PUBLIC.get_sample_value(name, labels) or 0


def small_window(port: int) -> sockets.socket:
    """A connection that takes little before its owner reads."""
    connection = sockets.socket()
    connection.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", port))
    connection.setblocking(False)
    return connection


async def fill(outbox: Outbox, user: Person) -> int:
    """Tell a user more than the send queue and the kernel's buffers hold; the last event's number."""
    last = await outbox.emit(user, "status_changed", 12 * SEND_QUEUE_BYTES // FRAME_BYTES, cause="x" * FRAME_BYTES)
    await outbox.publish(user, *range(1, last + 1))
    return last


async def test_a_client_that_falls_behind_is_closed_with_4408_and_resumes(
    api: Api, mitra: Person, outbox: Outbox
) -> None:
    before = metric("halobestie_socket_closes_total", code="4408")

    async def has_fallen_behind() -> bool:
        return metric("halobestie_socket_closes_total", code="4408") > before

    got: list[int] = []
    async with api.open(mitra, sock=small_window(api.port)) as device:
        device.connection.transport.pause_reading()
        last = await fill(outbox, mitra)
        await eventually(has_fallen_behind, "the client has fallen behind")
        device.connection.transport.resume_reading()
        with pytest.raises(ConnectionClosed) as end:
            while True:
                got.append((await device.next())["seq"])
        assert end.value.rcvd is not None
        assert end.value.rcvd.code == 4408
    assert got == list(range(1, len(got) + 1))
    assert len(got) < last
    async with api.open(mitra, resume=None) as device:
        await device.send(type="resume", after_seq=len(got))
        replayed = [frame["seq"] for frame in (await device.until("resumed"))[:-1]]
    assert got + replayed == list(range(1, last + 1))


async def test_a_replay_larger_than_the_send_queue_waits_for_the_reader(
    api: Api, mitra: Person, outbox: Outbox
) -> None:
    last = await outbox.emit(mitra, "status_changed", 12 * SEND_QUEUE_BYTES // FRAME_BYTES, cause="x" * FRAME_BYTES)
    async with api.open(mitra, resume=None, sock=small_window(api.port)) as device:
        device.connection.transport.pause_reading()
        await device.send(type="resume", after_seq=0)
        await asyncio.sleep(0.5)
        device.connection.transport.resume_reading()
        frames = await device.until("resumed")
    assert [frame["seq"] for frame in frames] == [*range(1, last + 1), last]


async def test_a_client_that_never_reads_its_end_is_cut(
    api: Api, mitra: Person, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.sockets.send_queue.CLOSE_SECONDS", 0.3)

    async def is_gone() -> bool:
        return metric("halobestie_sockets", user_type="mitra") == 0

    async with api.open(mitra, sock=small_window(api.port)) as device:
        device.connection.transport.pause_reading()
        assert not await is_gone()
        await fill(outbox, mitra)
        await eventually(is_gone, "the client is gone")


async def test_a_client_that_answers_no_ping_is_let_go(
    api_settings: ApiSettings, mitra: Person, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when so much waits for it that a close would wait for its reading."""
    monkeypatch.setattr("app.wire.socket_protocol.HASTY_CLOSE_SECONDS", 0.2)
    monkeypatch.setattr("app.wire.socket_protocol.CLOSE_SECONDS", 2 * PATIENCE_SECONDS)
    monkeypatch.setattr("app.sockets.send_queue.CLOSE_SECONDS", 2 * PATIENCE_SECONDS)

    async def one_is_left() -> bool:
        return metric("halobestie_sockets", user_type="mitra") == 1

    async with (
        served(api_settings, ws_ping_interval=0.5, ws_ping_timeout=1.5) as api,
        api.open(mitra, sock=small_window(api.port)) as asleep,
    ):
        asleep.connection.transport.pause_reading()
        last = await fill(outbox, mitra)
        async with api.open(mitra, resume=last) as awake:
            await eventually(one_is_left, "only one client is left")
            await outbox.tell(mitra, "status_changed")
            assert (await awake.next())["seq"] == last + 1
