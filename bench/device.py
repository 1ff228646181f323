"""A WebSocket client for load: it knows nothing of the protocol that it does not need, and so costs very little.

What the load takes of the processor is missing to what is measured, and a client library takes more than the server.
"""

import asyncio
import os
import socket
from base64 import b64encode
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Self, cast

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
OPENING = 20
NO_MASK = bytes(4)
"""Clients must mask; with zeros, the masked text is the text."""


class Device(asyncio.Protocol):
    """One socket that is open from `open` on."""

    def __init__(self, request: bytes) -> None:
        self.on_text: Callable[[bytes], None] = lambda _: None
        self.closed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """Done with the close code, 1006 when the connection just ended."""
        self.transport: asyncio.Transport
        self._request = request
        self.upgraded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._buffer = b""
        self.pinged_at = monotonic()
        """When the server sent its last ping, or else when this socket began."""
        self.heard = asyncio.Event()
        """Set when the server has said something, or the connection has ended."""

    @classmethod
    async def open(cls, port: int, token: str, *, receive_buffer: int = 0) -> Self:
        """Connect with an access token; `receive_buffer` bytes is what the system takes for one who does not read."""
        request = (
            f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {b64encode(os.urandom(16)).decode()}\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: halobestie.v1, bearer.{token}\r\n\r\n"
        )
        loop = asyncio.get_running_loop()
        connection = socket.socket()
        connection.setblocking(False)
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        await loop.sock_connect(connection, ("127.0.0.1", port))
        _, device = await loop.create_connection(lambda: cls(request.encode()), sock=connection)
        await device.upgraded
        return device

    def send(self, text: bytes) -> None:
        """Send one text frame."""
        self._send(TEXT, text)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.upgraded.done():
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head.partition(b"\r\n")[0]:
                self.upgraded.set_exception(ConnectionError(head.decode(errors="replace")))
                return
            self._buffer = rest
            self.upgraded.set_result(None)
        self._read_frames()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.upgraded.done():
            self.upgraded.set_exception(ConnectionError(str(error)))
        if not self.closed.done():
            self.closed.set_result(1006)
        self.heard.set()

    def _read_frames(self) -> None:
        buffer, at = self._buffer, 0
        while len(buffer) >= at + 2:
            start, length = at + 2, buffer[at + 1]
            if length > 125:
                start += 2 if length == 126 else 8
                length = int.from_bytes(buffer[at + 2 : start])
            if len(buffer) < start + length:
                break
            self._take(buffer[at] & 15, buffer[start : start + length])
            at = start + length
        self._buffer = buffer[at:]

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == TEXT:
            self.heard.set()
            self.on_text(payload)
        elif kind == PING:
            self.pinged_at = monotonic()
            self._send(PONG, payload)
        elif kind == CLOSE and not self.closed.done():
            self.closed.set_result(int.from_bytes(payload[:2]))
            self.transport.close()

    def _send(self, kind: int, payload: bytes) -> None:
        self.transport.write(frame(kind, payload))


async def open_all(port: int, tokens: Sequence[str], *, greeted: bool = True) -> list[Device]:
    """A socket for each token, a few at a time, each until the server has greeted it, where it does so."""
    opening = asyncio.Semaphore(OPENING)

    async def open_one(token: str) -> Device:
        async with opening:
            device = await Device.open(port, token)
            if greeted:
                await device.heard.wait()
            return device

    return await asyncio.gather(*map(open_one, tokens))


def frame(kind: int, payload: bytes) -> bytes:
    """A frame as a client writes it."""
    size = len(payload)
    length = bytes([128 | size]) if size < 126 else bytes([254]) + size.to_bytes(2)
    return bytes([128 | kind]) + length + NO_MASK + payload
