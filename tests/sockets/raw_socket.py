"""A WebSocket byte by byte, for frames that no client library sends."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator

from tests.support.market import Person
from tests.support.sockets import WAIT_SECONDS, Api, Frame

CONTINUATION, TEXT, CLOSE, PING, PONG, RESERVED = 0, 1, 8, 9, 10, 3
FIN, MASKED = 0x80, 0x80


class RawSocket:
    """The bytes of one connection that was upgraded."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, opcode: int, payload: bytes, *, final: bool = True, masked: bool = True) -> None:
        """Send one frame."""
        self._writer.write(written(opcode, payload, final=final, masked=masked))

    def send_raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(data)

    def end(self) -> None:
        """Send nothing more."""
        self._writer.write_eof()

    async def receive(self) -> tuple[int, bytes]:
        """The next frame's opcode and payload."""
        async with asyncio.timeout(WAIT_SECONDS):
            opcode, size = await self._reader.readexactly(2)
            if size > 125:
                size = int.from_bytes(await self._reader.readexactly(2 if size == 126 else 8))
            return opcode & 15, await self._reader.readexactly(size)

    async def until(self, type_: str) -> Frame:
        """The first text of this type, whatever comes before it."""
        while True:
            opcode, payload = await self.receive()
            assert opcode == TEXT, payload
            frame: Frame = json.loads(payload)
            if frame["type"] == type_:
                return frame

    async def closed(self) -> int:
        """The code the server closes with, whatever comes before it."""
        while True:
            opcode, payload = await self.receive()
            if opcode == CLOSE:
                return int.from_bytes(payload[:2])


def written(opcode: int, payload: bytes, *, final: bool = True, masked: bool = True) -> bytes:
    """One frame as a client sends it."""
    mask = os.urandom(4) if masked else b""
    size = len(payload)
    length = bytes([size]) if size < 126 else bytes([126]) + size.to_bytes(2)
    head = bytes([final * FIN | opcode, masked * MASKED | length[0]]) + length[1:]
    if masked:
        payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
    return head + mask + payload


def handshake(api: Api, user: Person) -> bytes:
    """The request for a socket, as its user."""
    return (
        f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{api.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: halobestie.v1, bearer.{user.token()}\r\n\r\n"
    ).encode()


@contextlib.asynccontextmanager
async def wire(api: Api, user: Person) -> AsyncIterator[RawSocket]:
    """A connection that is ready, as its user."""
    reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
    writer.write(handshake(api, user))
    async with asyncio.timeout(WAIT_SECONDS):
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    connection = RawSocket(reader, writer)
    await connection.until("ready")
    try:
        yield connection
    finally:
        writer.close()
