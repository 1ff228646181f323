"""Frames that no client library sends, byte by byte."""

import asyncio
import contextlib
import json
import socket
import uuid
from typing import Any

import psycopg
import pytest

from app.wire.socket_limits import FRAMES_AT_ONCE
from tests.sockets.raw_socket import (
    CLOSE,
    CONTINUATION,
    FIN,
    MASKED,
    PING,
    PONG,
    RESERVED,
    TEXT,
    RawSocket,
    handshake,
    wire,
    written,
)
from tests.support.loops import LOOPS
from tests.support.market import Person
from tests.support.sockets import WAIT_SECONDS, Api, committed


def message(session: uuid.UUID, body: str) -> bytes:
    return json.dumps(
        {"type": "message", "session_id": str(session), "client_message_id": "one", "body": body}
    ).encode()


async def test_a_message_in_fragments_is_one_message(
    api: Api, customer: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    text = message(session, "in three pieces")
    async with wire(api, customer) as connection:
        connection.send(TEXT, text[:20], final=False)
        connection.send(CONTINUATION, text[20:50], final=False)
        connection.send(CONTINUATION, text[50:])
        assert (await connection.until("message_ack"))["seq"] == 1
    assert await committed(owner, session) == [(1, "in three pieces")]


async def test_fragments_that_are_too_large_together_close_with_1009(api: Api, customer: Person) -> None:
    async with wire(api, customer) as connection:
        connection.send(TEXT, b"x" * 40_000, final=False)
        connection.send(CONTINUATION, b"x" * 40_000)
        assert await connection.closed() == 1009


async def test_an_unmasked_frame_closes_with_1002_and_does_nothing(
    api: Api, customer: Person, session: uuid.UUID, owner: psycopg.AsyncConnection[Any]
) -> None:
    async with wire(api, customer) as connection:
        connection.send(TEXT, message(session, "unmasked"), masked=False)
        assert await connection.closed() == 1002
    assert await committed(owner, session) == []


@pytest.mark.parametrize(
    ("opcode", "payload", "code"),
    [(RESERVED, b"", 1002), (CONTINUATION, b"of nothing", 1002), (TEXT, b'{"type": "\xff"}', 1007)],
    ids=["a reserved opcode", "a continuation of nothing", "no UTF-8"],
)
async def test_what_is_no_websocket_frame_is_closed_with_the_protocols_own_code(
    api: Api,
    customer: Person,
    mitra: Person,
    opcode: int,
    payload: bytes,
    code: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with wire(api, customer) as connection, api.open(mitra) as other:
        connection.send(opcode, payload)
        assert await connection.closed() == code
        await other.send(type="resume", after_seq=0)
        await other.until("resumed")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize(
    "text", ['{"type":' + "[" * 60_000, "[" * 60_000, '{"a":' * 12_000], ids=["type", "array", "object"]
)
async def test_a_frame_nested_without_end_is_malformed_like_another(
    api: Api, customer: Person, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with wire(api, customer) as connection:
        connection.send(TEXT, text.encode())
        assert (await connection.until("error"))["code"] == "VALIDATION_ERROR"
        connection.send(TEXT, text.encode())
        assert await connection.closed() == 4400
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize("number", [2**63, 2**64, 10**30, -1, 1.5])
async def test_a_number_that_is_no_seq_is_a_malformed_value(api: Api, customer: Person, number: float) -> None:
    session = str(uuid.uuid4())
    for frame in (
        {"type": "read", "session_id": session, "seq": number},
        {"type": "resume", "after_seq": number},
        {"type": "resume", "after_seq": 0, "sessions": {session: number}},
    ):
        async with wire(api, customer) as connection:
            connection.send(TEXT, json.dumps(frame).encode())
            assert (await connection.until("error"))["code"] == "VALIDATION_ERROR"
            connection.send(TEXT, b'{"type": "resume", "after_seq": 0}')
            await connection.until("resumed")


@pytest.mark.parametrize("opcode", [PING, PONG], ids=["pings", "pongs"])
async def test_a_flood_of_control_frames_is_closed_and_keeps_nobody_waiting(
    api: Api, customer: Person, mitra: Person, opcode: int
) -> None:
    flood = bytes([FIN | opcode, MASKED]) + bytes(4)
    async with wire(api, customer) as connection, api.open(mitra) as other:
        connection.send_raw(flood * 200_000)
        await other.send(type="resume", after_seq=0)
        await other.until("resumed")
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while (answer := await connection.receive())[0] == PONG:
                pass
            assert answer == (CLOSE, (1008).to_bytes(2) + b"Too many pings or pongs.")


async def test_pings_as_a_library_sends_them_are_answered(api: Api, customer: Person) -> None:
    async with wire(api, customer) as connection:
        for number in range(50):
            connection.send(PING, bytes([number]))
            assert await connection.receive() == (PONG, bytes([number]))


async def test_what_is_said_too_fast_waits_its_turn_and_is_not_lost(api: Api, customer: Person) -> None:
    async with wire(api, customer) as connection:
        for _ in range(FRAMES_AT_ONCE + 20):
            connection.send(TEXT, b'{"type": "nothing"}')
        connection.send(TEXT, b'{"type": "resume", "after_seq": 0}')
        answers = [await connection.receive() for _ in range(FRAMES_AT_ONCE + 20)]
        assert {json.loads(text)["type"] for _, text in answers} == {"error"}
        await connection.until("resumed")


@LOOPS
async def test_frames_sent_with_the_handshake_are_answered_wherever_the_two_are_cut(api: Api, customer: Person) -> None:
    request = handshake(api, customer)
    sent = request + written(PING, b"early") + written(TEXT, b'{"type": "heartbeat"}')
    together = asyncio.Semaphore(8)

    async def answered(cut: int) -> bool:
        async with together:
            reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
            writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            writer.write(sent[:cut])
            await asyncio.sleep(0.005)  # so that the server reads the two apart, which it mostly does
            writer.write(sent[cut:])
            try:
                async with asyncio.timeout(WAIT_SECONDS):
                    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
                frames = [await RawSocket(reader, writer).receive() for _ in range(3)]
            finally:
                writer.close()
        texts = [json.loads(text) for opcode, text in frames if opcode == TEXT]
        return (PONG, b"early") in frames and [text["type"] for text in texts] == ["ready", "error"]

    cuts = [len(sent), *range(len(request) - 6, len(sent))]
    assert all(await asyncio.gather(*map(answered, cuts)))


@LOOPS
async def test_a_token_and_a_frame_sent_with_the_handshake_are_heard(api: Api, customer: Person) -> None:
    token = customer.token()
    request = handshake(api, customer).replace(f", bearer.{token}".encode(), b"")
    auth = json.dumps({"type": "auth", "token": token}).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
    writer.write(request + written(TEXT, auth) + written(TEXT, b'{"type": "resume", "after_seq": 0}'))
    async with asyncio.timeout(WAIT_SECONDS):
        await reader.readuntil(b"\r\n\r\n")
        await RawSocket(reader, writer).until("resumed")
    writer.close()
