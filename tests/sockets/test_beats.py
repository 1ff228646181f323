"""Beats that come whole are taken without being read; everything else is read byte by byte as before."""

import asyncio
from typing import NoReturn

import pytest

from app.sockets.conversation import HEARTBEATS
from tests.sockets.raw_socket import FIN, MASKED, PING, PONG, TEXT, wire, written
from tests.support.market import Person
from tests.support.mirror import Mirror, Truth
from tests.support.sockets import Api
from tests.support.waiting import eventually


@pytest.fixture
async def online(kept_mirror: Mirror, mitra: Person) -> Mirror:
    """The mirror expects beats of the mitra."""
    await kept_mirror.write(Truth(mitra.id))
    return kept_mirror


async def _grow_old(mirror: Mirror, mitra: Person) -> None:
    await mirror.server.command("SET", mirror.keys.heartbeat(mitra.id), "2026-01-01T00:00:00.000Z")


async def _is_recorded(mirror: Mirror, mitra: Person) -> None:
    async def is_new() -> bool:
        beat = await mirror.heartbeat(mitra.id)
        return beat is not None and beat.year * 12 + beat.month > 2026 * 12 + 1

    await eventually(is_new, "the beat is in the mirror")


@pytest.mark.parametrize("text", HEARTBEATS)
async def test_a_beat_that_comes_whole_is_taken_without_being_read(
    api: Api, mitra: Person, online: Mirror, text: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(text: str) -> NoReturn:
        raise AssertionError(text)

    await _grow_old(online, mitra)
    async with wire(api, mitra) as connection:
        monkeypatch.setattr("app.sockets.conversation.read_client_frame", read)
        connection.send(TEXT, text)
        await _is_recorded(online, mitra)


async def test_a_beat_is_recorded_wherever_it_was_cut(api: Api, mitra: Person, online: Mirror) -> None:
    async with wire(api, mitra) as connection:
        for cut in range(1, len(sent := written(TEXT, HEARTBEATS[0]))):
            await _grow_old(online, mitra)
            connection.send_raw(sent[:cut])
            await asyncio.sleep(0)
            connection.send_raw(sent[cut:])
            await _is_recorded(online, mitra)


async def test_a_beat_between_the_fragments_of_a_message_breaks_the_protocol(
    api: Api, mitra: Person, online: Mirror
) -> None:
    await _grow_old(online, mitra)
    async with wire(api, mitra) as connection:
        connection.send(TEXT, b'{"type":', final=False)
        connection.send(PING, b"everything before was read")
        assert await connection.receive() == (PONG, b"everything before was read")
        connection.send(TEXT, HEARTBEATS[0])
        assert await connection.closed() == 1002
    assert (await online.text("GET", online.keys.heartbeat(mitra.id)) or "").startswith("2026-01-01")


async def test_a_beat_inside_another_frame_is_a_part_of_that_frame(api: Api, mitra: Person, online: Mirror) -> None:
    await _grow_old(online, mitra)
    beat = written(TEXT, HEARTBEATS[0])
    async with wire(api, mitra) as connection:
        connection.send(PING, b"first")
        await connection.receive()
        connection.send_raw(bytes([FIN | TEXT, MASKED | len(beat), 0, 0, 0, 0]))  # the frame's head, and then its text
        await _read_by_the_server(api, mitra)
        connection.send_raw(beat)
        assert await connection.closed() == 1007
    assert (await online.text("GET", online.keys.heartbeat(mitra.id)) or "").startswith("2026-01-01")


async def _read_by_the_server(api: Api, user: Person) -> None:
    """What was sent before on another connection was read: the server reads what has arrived in turn."""
    for _ in range(2):
        async with wire(api, user):
            pass
